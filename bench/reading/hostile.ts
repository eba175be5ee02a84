// Documents made to be slow to read: what is known to cost Markdown readers and regular expressions more than its length.

/** A document of about `bytes` that repeats one thing; under a heading and a box, so that there is something to read. */
export interface Hostile {
  /** What it repeats: documents of one construct differ in where it stands. */
  construct: string
  name: string
  make(bytes: number): string
}

const START = '# Release\n\n- [ ] one\n\n'
const repeat = (unit: string, bytes: number) => unit.repeat(Math.ceil(bytes / Buffer.byteLength(unit)))
const lines = (line: (index: number) => string, bytes: number) => {
  const parts: string[] = []
  for (let length = 0, index = 0; length < bytes; index++) {
    const text = `${line(index)}\n`
    parts.push(text)
    length += text.length
  }
  return parts.join('')
}
/** The same unit again and again in a paragraph of one line, in lines of a paragraph, in boxes, in a heading, in cells, in a fence. */
const everywhere = (name: string, unit: string): Hostile[] => {
  const piece = repeat(unit, 1500)
  const documents: Omit<Hostile, 'construct'>[] = [
    { name: `${name} in one line`, make: (bytes) => START + repeat(unit, bytes) },
    { name: `${name} in boxes`, make: (bytes) => START + lines(() => `- [ ] ${piece}`, bytes) },
    { name: `${name} in short boxes`, make: (bytes) => START + lines(() => `- [ ] ${unit.repeat(4)}`, bytes) },
    { name: `${name} in lines`, make: (bytes) => START + lines(() => piece, bytes) },
    { name: `${name} in headings`, make: (bytes) => START + lines(() => `## ${piece.slice(0, 280)}`, bytes) },
    {
      name: `${name} in a table`,
      make: (bytes) =>
        `${START}| Check | Target | Status |\n|--|--|--|\n${lines(() => `| ${piece.replaceAll('|', '/')} | ${unit.replaceAll('|', '/')} | |`, bytes)}`,
    },
    { name: `${name} in a fence`, make: (bytes) => `${START}\`\`\`bash\n${repeat(unit, bytes)}\n\`\`\`\n` },
    {
      name: `${name} in lines of a fence`,
      make: (bytes) => `${START}\`\`\`bash\n${lines(() => unit.repeat(8), bytes)}\`\`\`\n`,
    },
    { name: `${name} in a form`, make: (bytes) => `${START}\`\`\`\n${lines(() => unit.repeat(8), bytes)}\`\`\`\n` },
  ]
  return documents.map((document) => ({ ...document, construct: name }))
}

/** Constructs of Markdown. */
const STRUCTURES: Omit<Hostile, 'construct'>[] = [
  { name: '100,000 boxes', make: (bytes) => START + lines((index) => `- [ ] a${index}`, bytes) },
  { name: 'headings', make: (bytes) => START + lines((index) => `## h${index % 1000}\n- [ ] a`, bytes) },
  { name: 'equal headings', make: (bytes) => START + lines((index) => `${'#'.repeat(1 + (index % 6))} h`, bytes) },
  { name: 'equal boxes', make: (bytes) => START + lines(() => '- [ ] a', bytes) },
  { name: 'a long title', make: (bytes) => `# ${'a'.repeat(bytes / 2)}\n\n${lines(() => '- [ ] a', bytes / 2)}` },
  {
    name: 'a table',
    make: (bytes) =>
      `${START}| Check | Actual | Status |\n|--|--|--|\n${lines((index) => `| r${index} | | ☐ |`, bytes)}`,
  },
  {
    name: 'a wide table',
    make: (bytes) => `${START}${'| a '.repeat(99)}|\n${'|--'.repeat(99)}|\n${lines(() => '| ☐ |', bytes)}`,
  },
  {
    name: 'a table of one row',
    make: (bytes) => `${START}${repeat('| a ', bytes / 2)}|\n${repeat('|--', bytes / 2)}|\n`,
  },
  { name: 'tables of one row', make: (bytes) => START + lines(() => '| Check | Status |\n|--|--|\n| a | |\n', bytes) },
  { name: 'nested boxes', make: (bytes) => START + lines((index) => `${'  '.repeat(index % 20)}- [ ] a`, bytes) },
  { name: 'nested quotes', make: (bytes) => START + lines(() => `${'> '.repeat(40)}a`, bytes) },
  { name: 'lists that end', make: (bytes) => START + lines((index) => `${'-+*'[index % 3]} [ ] a`, bytes) },
  { name: 'lazy lines', make: (bytes) => `${START}${'> '.repeat(30)}a\n${lines(() => 'a', bytes)}` },
  { name: 'open fences', make: (bytes) => START + lines((index) => '`'.repeat(3 + (index % 50)), bytes) },
  { name: 'fences', make: (bytes) => START + lines(() => '```bash\nmake a\n```', bytes) },
  {
    name: 'a long script',
    make: (bytes) =>
      `${START}\`\`\`bash\n${lines((index) => `# ${index}. step\nmake a${index} | tee x`, bytes)}\`\`\`\n`,
  },
  {
    name: 'definitions',
    make: (bytes) => START + lines((index) => `[a${index}]: /b\n`, bytes / 2) + repeat('[a1] ', bytes / 2),
  },
  { name: 'white space', make: (bytes) => `${START}a${' '.repeat(bytes)}b\n` },
  { name: 'tabs', make: (bytes) => `${START}- [ ] a${'\t'.repeat(bytes)}b\n` },
  { name: 'white space in lines', make: (bytes) => START + lines(() => `- [ ] a${' '.repeat(1500)}b`, bytes) },
  { name: 'blank lines', make: (bytes) => START + '\n'.repeat(bytes) },
  { name: 'open comment', make: (bytes) => START + repeat('<!-- ', bytes) },
  { name: 'comments', make: (bytes) => START + repeat('a <!-- x -', bytes) },
  { name: 'html', make: (bytes) => START + lines(() => '<details><summary>a</summary>\n- [ ] b', bytes) },
  { name: 'front matter without end', make: (bytes) => `---\na: b\n${lines(() => 'key: value', bytes)}` },
  { name: 'emphasis', make: (bytes) => START + repeat('*a **b ', bytes / 2) + repeat('b** a* ', bytes / 2) },
  { name: 'double encoding', make: (bytes) => START + repeat('â€“ð\u009f\u0094\u0092 ', bytes) },
]

/** Pieces that own regular expressions look for, and the signs of Markdown. */
const UNITS: [string, string][] = [
  ...[
    '[',
    ']',
    '*',
    '_',
    '`',
    '|',
    '>',
    '<',
    '(',
    ')',
    '"',
    '~',
    '#',
    '-',
    ':',
    '\\',
    '&',
    '!',
    '.',
    '/',
    '☐',
    '=',
    ',',
    ' ',
  ].map((sign): [string, string] => [JSON.stringify(sign), sign]),
  ['words', 'word '],
  ['digits', '1'],
  ['numbers', '1 '],
  ['thousands', '1,111,111,'],
  ['decimals', '1.1.1.'],
  ['units', '5 ms '],
  ['bounds', '< 5% and '],
  ['word bounds', 'no more than 5 '],
  ['ranges', '1-2-3 % '],
  ['windows', 'for 5 minutes '],
  ['zeros', 'no a b c '],
  ['consecutive', '5 consecutive '],
  ['boxes', '- [ ] '],
  ['boxed options', '[ ] a / '],
  ['choices', '`Yes / No` '],
  ['slashes', 'Yes / No / '],
  ['blanks', '____ '],
  ['blanks with targets', '____ ms (target: < 5) '],
  ['mangled blanks', '**\\_\\_\\_** '],
  ['brackets', ': [Name] '],
  ['links', '[a](b) '],
  ['open links', '[a]('],
  ['images', '![a'],
  ['open code', '`a ``b '],
  ['open strong', '**a '],
  ['emphasis', '*a_b '],
  ['labels', '**a**: '],
  ['parentheses', 'done (a '],
  ['conditions', 'if a is '],
  ['triggers', 'roll back if '],
  ['sign-off', 'approved by '],
  ['deeds', 'run test '],
  ['states', 'passed. '],
  ['anchors', 'T+5 to T+ '],
  ['times', '(5 min '],
  ['every', 'every 5 first '],
  ['tags', '<a b="c" '],
  ['autolinks', '<a:b '],
  ['entities', '&lt;&a'],
  ['quotes', '\'"'],
  ['heredocs', 'cat <<E\n'],
  ['substitutions', '$(a '],
  ['pipes', 'cat a | '],
  ['comments', '# 1. a\n'],
  ['placeholders', '<A_B> [a-b] {c} '],
  ['commands', '`npm test` '],
  ['versions', 'v1.2+ '],
  ['dots', '......'],
  ['emoji', '✅ '],
]

/** Every hostile document there is. */
export const HOSTILE: Hostile[] = [
  ...STRUCTURES.map((document) => ({ ...document, construct: document.name })),
  ...UNITS.flatMap(([name, unit]) => everywhere(name, unit)),
]

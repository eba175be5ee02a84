// Character references: numbers, and the names that turn up in documents written by people.

const NAMED: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  le: '≤',
  leq: '≤',
  ge: '≥',
  geq: '≥',
  ne: '≠',
  plusmn: '±',
  times: '×',
  divide: '÷',
  deg: '°',
  micro: 'µ',
  euro: '€',
  pound: '£',
  yen: '¥',
  sect: '§',
  para: '¶',
  larr: '←',
  rarr: '→',
  uarr: '↑',
  darr: '↓',
  harr: '↔',
  check: '✓',
  cross: '✗',
  ensp: '\u2002',
  emsp: '\u2003',
  thinsp: '\u2009',
  lbrack: '[',
  rbrack: ']',
  lowbar: '_',
  ast: '*',
  grave: '`',
  vert: '|',
  infin: '∞',
  asymp: '≈',
  approx: '≈',
}

const REFERENCE = /&(?:#(?:(\d{1,7})|[xX]([\da-fA-F]{1,6}))|([A-Za-z]{2,10}));/y

/** The character reference at `at`: its character and its length; null where there is none or its name is not known. */
export function entityAt(text: string, at: number): { value: string; length: number } | null {
  REFERENCE.lastIndex = at
  const match = REFERENCE.exec(text)
  if (!match) return null
  const [whole, decimal, hexadecimal, name] = match
  if (name !== undefined) {
    const value = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined
    return value === undefined ? null : { value, length: whole.length }
  }
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return { value: valid ? String.fromCodePoint(code) : '\uFFFD', length: whole.length }
}

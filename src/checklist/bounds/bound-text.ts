// A text made ready for reading its bounds: entities, full-width signs and markup in one plain form.

const ENTITIES: Record<string, string> = {
  lt: '<',
  gt: '>',
  le: '≤',
  ge: '≥',
  ne: '≠',
  amp: '&',
  nbsp: ' ',
  plusmn: '±',
}
const FORMS: [RegExp, string][] = [
  [/[＜]/g, '<'],
  [/[＞]/g, '>'],
  [/[≦⩽]/g, '≤'],
  [/[≧⩾]/g, '≥'],
  [/％/g, '%'],
  [/[\u00a0\u2009\u202f\u3000]/g, ' '],
  [/[‑‒]/g, '-'],
  [/[’ʼ]/g, "'"],
]

/** The text without code marks and emphasis, addresses and `<placeholders>` left out; what is written in other ways becomes one. */
export function plainBoundText(text: string): string {
  const decoded = text.includes('&')
    ? text.replace(/&(lt|gt|le|ge|ne|amp|nbsp|plusmn);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    : text
  const plain = decoded
    .replace(/<[a-z](?:[\w .-]{0,40}\w)?>/gi, ' ')
    .replace(/[`*]/g, ' ')
    .replace(/https?:\/\/\S+/g, ' ')
  // The rest stands only in text that is not plain ASCII.
  if (!/[\u0080-\uffff]/.test(plain)) return plain
  return FORMS.reduce((words, [pattern, form]) => words.replace(pattern, form), plain).replace(/[０-９]/g, narrowDigit)
}

const WIDE_ZERO = '０'.charCodeAt(0)

function narrowDigit(digit: string): string {
  return String(digit.charCodeAt(0) - WIDE_ZERO)
}

// Words and symbols that compare: "not exceed", "at least", "≥", "más de", and what follows a number: "or more", "以上".
import type { Operator } from '../../plan/threshold.ts'
import { L } from './letters.ts'

const SYMBOLS: Record<string, Operator> = {
  '<': '<',
  '>': '>',
  '≤': '<=',
  '≥': '>=',
  '<=': '<=',
  '>=': '>=',
  '=<': '<=',
  '==': '==',
  '!=': '!=',
  '≠': '!=',
}
/** An arrow's head is no operator. */
const SYMBOL = '(?<![-=<>~!])(?:<=|>=|=<|==|!=|[<>≤≥≠])(?![=<>])'

const MOVES = '(?:drop|fall|dip|go|rise|climb|jump|spike|grow|increase|decrease|stay|remain|keep)(?:s|ed|ing)?'
const WORDS: [string, Operator][] = [
  [
    String.raw`(?:less|lower|fewer|smaller|shorter) than or equal to|(?:no|not) (?:more|greater|higher|longer|larger|slower) than|at or (?:below|under)|at most|not above|not over|capped at|max(?:imum)?\.?(?: of)?|up to|within|` +
      String.raw`no m[aá]s de|como m[aá]ximo|m[aá]ximo(?: de)?|au (?:maximum|plus)|höchstens|maximal|no m[aá]ximo|не (?:более|больше|выше|длиннее|превыша[а-я]*)|до(?=\s\d)|не превышает`,
    '<=',
  ],
  [
    String.raw`(?:greater|more|higher|larger|longer) than or equal to|at or (?:above|over)|at least|min(?:imum)?\.?(?: of)?|(?:no|not) (?:less|fewer|lower) than|not below|not under|` +
      String.raw`al menos|m[ií]nimo(?: de)?|como m[ií]nimo|au (?:minimum|moins)|mindestens|pelo menos|не (?:менее|меньше|ниже|короче)|хотя бы|минимум`,
    '>=',
  ],
  [
    String.raw`(?:${MOVES} )?(?:less|lower|fewer|smaller|shorter|faster|newer|younger|quicker) than|(?:${MOVES} )?(?:below|under|beneath)|sub(?=-\d)|` +
      String.raw`menos de|por debajo de|inferiore?s? (?:a|à)|inférieure?s? à|menore?s? (?:a|que|de)|abaixo de|moins de|unter|weniger als|менее|меньше|ниже`,
    '<',
  ],
  [
    String.raw`(?:${MOVES} )?(?:greater|more|higher|larger|bigger|longer|older|slower) than|(?:${MOVES} )?(?:above|over|beyond|past)|exceed(?:s|ed|ing)?|in excess of|surpass(?:es|ed|ing)?|` +
      String.raw`m[aá]s de|por encima de|superiore?s? (?:a|à)|supérieure?s? à|mayore?s? (?:a|que|de)|mais de|acima de|plus de|über|mehr als|более|больше|выше|свыше`,
    '>',
  ],
]
/** Written without spaces around them. */
const UNSPACED: [string, Operator][] = [
  ['不超过|不高于|不大于|最大|最多|최대', '<='],
  ['不低于|不少于|不小于|至少|最少|最低|최소', '>='],
  ['小于|低于|少于', '<'],
  ['大于|超过|高于|多于', '>'],
]
const READERS = [...WORDS, ...UNSPACED].map(([words, operator]): [RegExp, Operator] => [
  new RegExp(`^(?:${words})$`, 'i'),
  operator,
])

/** Alternatives for a regular expression with `iu`: an operator in front of its number. */
export const OPERATOR = `(?:${SYMBOL}|(?<![${L}\\d_$/-])(?<!\\d\\s)(?:${WORDS.map(([words]) => words).join('|')})(?![${L}])|${UNSPACED.map(([words]) => words).join('|')})`
/** The same for what follows a number. */
export const SUFFIX =
  '(?:or (?:more|higher|greater|above|better|over|later|newer|up|less|fewer|lower|below|under|faster)\\b|and (?:above|up|higher|below)\\b|' +
  'minimum\\b|min\\b(?!\\.|ute)|max(?:imum)?\\b|at (?:least|most)\\b|or equal\\b|以上|以下|以内|未満|未满|(?:を|より)?(?:超え(?:ない|ず|ていない)|超(?!え)過?|超え|下回ら(?:ない|ず)|上回ら(?:ない|ず)|下回|上回|(?:大き|多|長|高)い|(?:小さ|少な|短|低)い)|まで(?=$|[\\s)）。、])|이상|이하|이내|미만|[을를]?\\s?(?:초과|넘))'

const OPPOSITE: Partial<Record<Operator, Operator>> = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' }
const NEGATED =
  /(?:\b(?:not|never|cannot)|n't)\s+(?:(?:be|go|fall|drop|rise|grow|increase|to|ever|get|take|have|expir\w+)\s+){0,2}$|(?<![a-zà-ÿ])(?:não|nicht|не)\s+(?:[a-zà-ÿа-яё]+\s+){1,2}$/i

/** The relation of an operator as matched by `OPERATOR`, in the light of the words before it ("must not fall below"). */
export function readOperator(matched: string, before: string): Operator | null {
  const word = matched.replace(/\s+/g, ' ')
  const operator = SYMBOLS[word] ?? READERS.find(([pattern]) => pattern.test(word))?.[1]
  if (!operator) return null
  return SYMBOLS[word] === undefined && NEGATED.test(before) ? (OPPOSITE[operator] ?? operator) : operator
}

/** The contrary: what `> 7` says of a thing of which there must be none. */
export function oppositeOf(operator: Operator): Operator {
  return OPPOSITE[operator] ?? operator
}

/** The relation of what follows a number. "Or better" is less where the number is a time. */
export function readSuffix(matched: string, isTime: boolean): Operator {
  if (/(?:超え|上回ら)(?:ない|ず|ていない)/.test(matched)) return '<='
  if (/下回ら/.test(matched)) return '>='
  if (/超|上回|[大多長高]|초과|넘/.test(matched)) return '>'
  if (/未|下回|[小少短低]|미만/.test(matched)) return '<'
  if (/better/i.test(matched)) return isTime ? '<=' : '>='
  return /more|higher|greater|above|over|later|newer|up|min|least|以上|이상/i.test(matched) ? '>=' : '<='
}

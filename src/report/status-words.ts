// Pure: how an outcome is said in a document's own words, in a Status column or among alternatives.
import type { Status } from '../plan/outcome.ts'
import type { Choice, Item } from '../plan/plan.ts'

const GOOD_SIGNS = '✅✓✔☑🟢'
const BAD_SIGNS = '❌✗✘🔴'
const SIGNS = String.raw`^[\s${GOOD_SIGNS}${BAD_SIGNS}]*`
const BEGINS_GOOD = new RegExp(`^[${GOOD_SIGNS}]`, 'u')
const BEGINS_BAD = new RegExp(`^[${BAD_SIGNS}]`, 'u')
const GOOD_WORDS = [
  'yes|approved?|pass(?:ed|es)?|valid|ok(?:ay)?|go|success(?:ful)?|succeeded|working|verified|stable|healthy|complete[d]?|done|met',
  'ja|sí|si|oui|da|да|はい',
].join('|')
const BAD_WORDS = [
  'no|declined?|rejected|fail(?:ed|s|ure)?|invalid|not ok|nok|no[- ]?go|broken|unhealthy|unstable|not met|not done|incomplete',
  'nein|non|нет|いいえ',
].join('|')
const YES = new RegExp(`${SIGNS}(?:${GOOD_WORDS})?$`, 'iu')
const NO = new RegExp(`${SIGNS}(?:${BAD_WORDS})?$`, 'iu')
const SKIPPED = /^(n\/?a|not applicable|skipped)$/i
/** Questions to which yes is the bad news. */
const TROUBLE =
  /\b(issue|error|problem|fail(ed|ure)?|incident|regression|rollback|blocker|outage|data loss|corruption|anomal(y|ie)|downtime|warning|alert)s?\b/i
const RESOLVED =
  /\b(no|zero|without|none|resolved|fixed|handled|tested|ready|configured|documented|reviewed|acceptable)\b/i

type Ended = Extract<Status, 'passed' | 'failed' | 'skipped'>

/** Whether text says that all is well, or that it is not; null where it says neither. */
function saysYes(text: string): boolean | null {
  const words = text.trim()
  if (words === '') return null
  const yes = YES.test(words) && !BEGINS_BAD.test(words)
  const no = NO.test(words) && !BEGINS_GOOD.test(words)
  return yes === no ? null : yes
}

/** The option that says how it ended; null where it is not sure which does. */
export function optionFor(item: Item, choice: Choice, status: Ended): string | null {
  if (status === 'skipped') return only(choice.options.filter((option) => SKIPPED.test(option.trim())))
  const asked = choice.label === '' ? item.text : choice.label
  const plainAnswer = choice.options.some((option) => /^(yes|no)$/i.test(option.trim()))
  if (plainAnswer && item.polarity === 'good' && TROUBLE.test(asked) && !RESOLVED.test(asked)) return null
  const good = item.polarity === 'good' ? status === 'passed' : status === 'failed'
  return only(choice.options.filter((option) => saysYes(option) === good))
}

function only(options: readonly string[]): string | null {
  return options.length === 1 ? (options[0] ?? null) : null
}

const PAIRS: [string, string][] = [
  ['pass', 'fail'],
  ['passed', 'failed'],
  ['ok', 'not ok'],
  ['yes', 'no'],
  ['done', 'not done'],
  ['verified', 'not verified'],
  ['success', 'failure'],
  ['✅', '❌'],
  ['✓', '✗'],
]

/** What is written into a Status cell: the words of the column's title or of its other rows, else `pass` or `fail`. */
export function statusWord(column: string, rows: readonly Item[], status: Ended): string {
  const stated = [...column.split(/[()/|,]/), ...rows.map(({ table }) => table?.[column] ?? '')].map((text) =>
    text.trim(),
  )
  if (status === 'skipped') return stated.find((text) => SKIPPED.test(text)) ?? 'n/a'
  const good = status === 'passed'
  const own = stated.find((text) => saysYes(text) === good)
  if (own !== undefined) return own
  const other = stated.find((text) => saysYes(text) === !good)
  return (other === undefined ? null : opposite(other)) ?? (good ? 'pass' : 'fail')
}

/** `PASS` for `FAIL`: the other word of a pair, in the same case. */
function opposite(word: string): string | null {
  for (const pair of PAIRS) {
    const index = pair.indexOf(word.toLowerCase())
    const found = index === -1 ? undefined : pair[1 - index]
    if (found === undefined) continue
    if (word === word.toUpperCase()) return found.toUpperCase()
    return /^\p{Lu}/u.test(word) ? found.charAt(0).toUpperCase() + found.slice(1) : found
  }
  return null
}

// What the document says a command prints: "should return no results", "Expected: 100", "is `0 0`", "returns 200".
import type { CommandStep, Expectation } from '../../plan/plan.ts'

type Step = Pick<CommandStep, 'script'>

/** Where the words stand: behind a cue ("Expected:"), or in a place that is all expectation (a cell, an output block). */
export interface ExpectationPlace {
  /** The words are the expectation, cue or not. */
  bare?: boolean
}

const WORDS_MAX = 400
/** "Expected:", "Expected output is", "Output:", "→": what follows is wanted as a whole. */
const LABEL =
  /^(?:the )?(?:(?:you should |this should )?expect(?:ed|s|ing)?(?: (?:output|results?|response|value|answer|count|number|status(?: code)?|return|state|version))?(?: code)?|(?:output|result|response)(?= ?[:=]| should be| is )|(?:returns?|prints?|outputs?|gives?|shows?|reports?|answers?|yields?)(?=:? ["'`\d]|:)|→|➜|⇒|=>|->)\s*(should be|to (?:be|see|return|get|show|print)|[:：=–—-]|is|are)?\s*([^]*)$/i
/** "should be ...", "must return ...": the verb says how it is wanted. */
const MODAL =
  /\b(?:should|must|shall|ought to|needs? to|has to|will)\s+(?:(?:now|all|only|just|still|also|always|then)\s+)*(not\s+)?(be|equal|read|match|return|returns|print|prints|show|shows|display|output|say|says|give|report|respond(?: with)?|answer(?: with)?|contain|include|list|have|exit|see|succeed|fail|exist|resolve|pass|work|connect)\b\s*:?\s*([^]*)$/i
/** In a sentence beside inline code, where no cue is needed. */
const SENTENCE =
  /^[\s)"']*(?:command\s+|query\s+|still\s+)?(is|are|equals?|=|==|returns?|prints?|shows?|outputs?|gives?|reports?|says|responds? with|answers?(?: with)?|contains?|includes?|→|=>|->|:)\s+([^]*)$/i

const NOTHING =
  /^(?:(?:be )?(?:empty|blank|nothing)|(?:no|zero|0) (?:results?|output|matches|match|hits|errors? (?:found|lines?)|entries|findings)|nothing|none|an? empty (?:list|result|output|response|set)|empty (?:output|result|response|list)|no (?:lines?|rows?|records?))(?: (?:at all|returned|found|printed|shown|here))?[.!]?$/i
const COUNT =
  /^(?:exactly )?(\d{1,9}|no|zero|one|two|three) (?:lines?|rows?|records?|results?|entries|entry|matches)(?: returned| found)?[.!]?$/i
const STATUS =
  /^(?:an? )?(?:http(?:s|\/[\d.]+)?[ /]*)?(?:status(?: code)?[: ]*|code[: ]*)?([1-5]\d\d)(?: ?(?:ok|created|accepted|no content|found|moved permanently|unauthori[sz]ed|forbidden|not found|status(?: code)?|response))?[.!]?$/i
const BOUND =
  /^(?:be )?(?:an? )?(?:value |number |count )?(>=|<=|>|<|≥|≤|at least|at most|more than|less than|fewer than|greater than(?: or equal to)?|over|under|above|below|up to|no more than)\s*(\d+(?:[.,]\d+)*)(?!\s*(?:[a-z%]|\d))[.!]?$/i
const NUMBER = /^(?:be |is )?(-?\d+(?:\.\d+)?)[.!]?$/
const QUOTED = /^(?:the (?:text|word|string|value) )?(?:`([^`]+)`|"([^"]+)"|“([^”]+)”|'([^']+)')[.!]?$/
/** What a program would print as it stands: PONG, NXDOMAIN, v1.2.3, key=value. */
const LITERAL = /^(?=\S*[A-Z\d=/:{[])(?:[A-Z][A-Z\d_-]{1,40}|v?\d+(?:\.\d+)+(?:-[\w.]+)?|[{[][^]*[\]}]|\S+=\S+)$/
const STATE =
  /^(?:ok|true|false|healthy|pong|active|running|ready|up|enabled|disabled|success|pass(?:ed)?|yes|no|valid|connected|accepting connections|none|null|synced|green)$/i
const FETCHES = /(?:^|[\s;|&(])(?:curl|wget|http|https|xh)\s/
/** Exit code 1 says that nothing was found. */
const FINDS = /(?:^|[|;&]\s*|\s)(?:[efz]?grep|rg|ack|ag|pgrep|pidof)\s[^|;&]*$/

/**
 * Reads what is wanted of a command from words about it; null where they say nothing of the kind.
 * What is said in words only is `described`: for a person to judge.
 */
export function readExpectation(words: string, step: Step, place: ExpectationPlace = {}): Expectation | null {
  const text = words.replace(/\s+/g, ' ').trim()
  if (text === '' || text.length > WORDS_MAX) return null
  const said = clean(text)
  if (/^(?:no (?:output|results?|rows|matches)|nothing) (?:is )?expected\W*$/i.test(said))
    return settle('nothing', 'be', text, step)
  const modal = MODAL.exec(said)
  const label = modal && !/^(?:expect|output|result|→|=>|->)/i.test(said) ? null : LABEL.exec(said)
  if (label) {
    const found = settle(label[2] ?? '', 'label', text, step)
    // "Expected downtime calculated" is about something else.
    const cued = label[1] !== undefined || /^(?:(?:you should )?expects? |→|➜|⇒|=>|->)/i.test(said)
    return found?.kind === 'described' && !cued ? null : found
  }
  if (modal) return modalExpectation(modal, text, step)
  return place.bare ? settle(said, 'label', text, step) : null
}

/** Reads the words directly behind inline code: " is `0 0`", " returns `ok`", " should be empty". */
export function readSentence(after: string, step: Step): Expectation | null {
  const text = after.replace(/\s+/g, ' ').trim()
  if (text === '' || text.length > WORDS_MAX) return null
  const modal = /^[\s()"'—–-]*(?:command |query |output |still )?(?:should|must|shall|will)\b/i.test(text)
  if (modal) return readExpectation(text, step)
  const match = SENTENCE.exec(text)
  if (!match) return null
  const [, verb = '', rest = ''] = match
  const end = /^(`[^`]*`|"[^"]*"|[^.,;()]*)/.exec(rest)?.[0].trim() ?? ''
  const how = /^contain|^include/i.test(verb) ? 'contain' : 'label'
  if (
    /^(?:is|are|:)$/i.test(verb) &&
    !NUMBER.test(end) &&
    !QUOTED.test(end) &&
    !LITERAL.test(end) &&
    !NOTHING.test(end)
  )
    return null
  const found = settle(end, how, text, step)
  // "is running", "shows the version": a sentence about the item, not about what is printed.
  return found?.kind === 'described' ? null : found
}

function clean(text: string): string {
  return text
    .replace(/^(?:#+|\/\/|--|[-*•])\s*/, '')
    .replace(/^[\p{Extended_Pictographic}\u{fe0f}\s]+(?=\S)/u, '')
    .replace(/^\(([^()]*)\)$/, '$1')
    .trim()
}

function modalExpectation(match: RegExpExecArray, text: string, step: Step): Expectation | null {
  const [whole, negated, verb = '', words = ''] = match
  // "Check the queue (should be 0)" ends with its bracket.
  const open = /\([^()]*$/.test(match.input.slice(0, match.index))
  const rest = open ? words.replace(/\).*$/, '') : words
  // What "will" happen is mostly a note.
  if (/^(?:will|needs? to|has to)/i.test(whole)) {
    const found = negated ? null : settle(rest, 'return', text, step)
    return found?.kind === 'described' ? null : found
  }
  if (!negated && /^(?:pass|succeed)/i.test(verb)) return { kind: 'exit', value: '0', text, exitCodes: [0] }
  if (negated || rest.trim() === '') return described(text)
  const how = /^(?:contain|include|list|have|see)/i.test(verb)
    ? 'contain'
    : /^(?:be|equal|read|match)/i.test(verb)
      ? 'be'
      : 'return'
  if (/^exit/i.test(verb)) return exits(rest, text)
  return settle(rest.replace(/^(?:with|as|like)\s+/i, ''), how, text, step)
}

type How = 'be' | 'return' | 'contain' | 'label'

function settle(words: string, how: How, text: string, step: Step): Expectation | null {
  const wanted = words
    .replace(/^(?:the )?(?:following|output|result)\s*:\s*/i, '')
    .replace(/\s*[;,]$/, '')
    .trim()
  if (wanted === '') return null
  const make = (kind: Expectation['kind'], value: string | null, exitCodes = [0]): Expectation => ({
    kind,
    value,
    text,
    exitCodes,
  })
  const finds = FINDS.test(step.script.trimEnd())
  if (NOTHING.test(wanted)) return make('empty', null, finds ? [0, 1] : [0])
  const status = FETCHES.test(step.script) ? STATUS.exec(wanted.replace(/[`"]/g, ''))?.[1] : undefined
  // `curl -f` exits 22 at an error that is wanted.
  if (status) return make('status', status, Number(status) >= 400 ? [0, 22] : [0])
  const count = COUNT.exec(wanted)?.[1]
  if (count) return make('count', numberOf(count), finds && numberOf(count) === '0' ? [0, 1] : [0])
  const bound = BOUND.exec(wanted)
  if (bound) return make('compare', `${operatorOf(bound[1] ?? '')} ${(bound[2] ?? '').replace(/,(?=\d{3}\b)/g, '')}`)
  const number = NUMBER.exec(wanted.replace(/[`"]/g, ''))?.[1]
  if (number !== undefined && how !== 'contain') return make('equals', number, finds && number === '0' ? [0, 1] : [0])
  const quoted = QUOTED.exec(wanted)
    ?.slice(1)
    .find((piece) => piece !== undefined)
  if (quoted !== undefined) return make(isWhole(quoted, how) ? 'equals' : 'contains', quoted)
  const within = /(?:`([^`]+)`|"([^"]+)")/.exec(wanted)
  if (within && /^(?:(?:the|a|an|status|with|state|word|value|text|field)\s+)*[`"]/i.test(wanted) && how !== 'be')
    return make('contains', within[1] ?? within[2] ?? '')
  const bare = wanted.replace(/[.!]$/, '')
  if (LITERAL.test(bare) || (how !== 'be' && STATE.test(bare))) return make('contains', bare)
  return described(text)
}

/** A quoted text is the whole output where the words say so, unless it is a piece of JSON, which is shown shortened. */
function isWhole(quoted: string, how: How): boolean {
  return (how === 'be' || how === 'label') && !/^[{[]/.test(quoted) && !/…|\.\.\./.test(quoted)
}

function exits(rest: string, text: string): Expectation | null {
  const code = /^(?:with )?(?:code |status |exit code )?(\d{1,3})\b/.exec(rest)?.[1]
  return code === undefined ? described(text) : { kind: 'exit', value: code, text, exitCodes: [Number(code)] }
}

function described(text: string): Expectation {
  return { kind: 'described', value: null, text, exitCodes: [0] }
}

function numberOf(word: string): string {
  const names: Record<string, string> = { no: '0', zero: '0', one: '1', two: '2', three: '3' }
  return names[word.toLowerCase()] ?? word
}

function operatorOf(words: string): string {
  const word = words.toLowerCase()
  if (/^(?:>=|≥|at least|greater than or equal to)$/.test(word)) return '>='
  if (/^(?:<=|≤|at most|up to|no more than)$/.test(word)) return '<='
  return /^(?:>|more than|greater than|over|above)$/.test(word) ? '>' : '<'
}

/** Whether a comment or a paragraph announces output that follows: "Expected output:". */
export function announcesOutput(words: string): boolean {
  return (
    /^(?:#+\s*)?(?:(?:the )?expected|example|sample|you should see|should (?:return|show|print|output|see|look like)|output)\b[^:]{0,60}[:：]\s*$/i.test(
      words.trim(),
    ) && /\b(?:expected|should|output|response|result)\b/i.test(words)
  )
}

/** What a block of output below "Expected output:" means: one line or JSON is looked for, more is for a person to compare. */
export function expectationOfOutput(output: string, announcement: string, step: Step): Expectation | null {
  const wanted = output.trim()
  if (wanted === '') return null
  const sample = /^(?:#\s*)?(?:example|sample)\b/i.test(announcement.trim())
  const lines = wanted.split('\n').filter((line) => line.trim() !== '')
  const json = /^[{[]/.test(wanted) && isJson(wanted)
  if (sample || (!json && (lines.length > 1 || /\.\.\.|…|[<>]|\b[xX]{2,}\b/.test(wanted))))
    return described(`${announcement.trim()} ${wanted}`.slice(0, WORDS_MAX))
  const text = `${announcement.replace(/^#+\s*/, '').trim()} ${wanted}`.slice(0, WORDS_MAX)
  const status = /^HTTP\/[\d.]+ (\d{3})\b/.exec(wanted)?.[1]
  if (status && FETCHES.test(step.script)) return { kind: 'status', value: status, text, exitCodes: [0] }
  return { kind: json ? 'contains' : 'equals', value: wanted, text, exitCodes: [0] }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

// What is looked for in source text, line by line. Every pattern is linear: text of others is matched against it.
import { isPlaceholderValue } from '../weak-value.ts'

export const RULES = [
  'private-key',
  'known-token',
  'password-in-address',
  'credential-in-code',
  'localhost',
  'private-address',
  'debug-flag',
  'debug-output',
  'left-to-do',
] as const

export type RuleName = (typeof RULES)[number]

/** The rules that are about credentials, as a team asks for first. */
export const CREDENTIALS: readonly RuleName[] = [
  'private-key',
  'known-token',
  'password-in-address',
  'credential-in-code',
]

/** A name that says what it holds, and a text in quotes that is given to it: `dbPassword = "..."`, `"api_key": '...'`. */
const GIVEN =
  /(?<![\w-])["'`]?([\w.-]{0,40}(?:passw(?:or)?d|passphrase|secret|api[-_]?key|access[-_]?key|auth[-_]?token|access[-_]?token|private[-_]?key|credentials?)(?:[-_]?(?:key|value|token|id))?)["'`]?\]?\s{0,10}(?::=|=>|=|:)\s{0,10}(["'`])([^"'`\s]{6,400})\2/gi
const TOKEN =
  /\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{30,255}|glpat-[\w-]{20,255}|npm_[A-Za-z0-9]{36}|xox[abeprs]-[\w-]{10,255}|[sr]k_live_[A-Za-z0-9]{16,255}|AIza[\w-]{35}|SG\.[\w-]{22}\.[\w-]{43}|eyJ[\w-]{10,2000}\.eyJ[\w-]{10,2000}\.[\w-]{10,1000})/
const ADDRESS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>`]{1,100}:([^\s/@"'<>`]{1,200})@/gi
/** Not written out: read from elsewhere, put together, or a name of something. */
const ELSEWHERE = /\$\{|\{\{|%[(s{]|^\$|process\.env|getenv|environ|^https?:|^\//i
/** `orders-api-secret`, `DB_PASSWORD`, `password`: names, not values. */
const NAME = /^(?:str|string|text|password|hidden|secret|[a-z]+(?:[._-][a-z]+)+|[A-Z]+(?:_[A-Z0-9]+)+)$/

/** Whether the line breaks the rule. What broke it is not given back: it may be the secret. */
export const breaks: Readonly<Record<RuleName, (line: string) => boolean>> = {
  'private-key': (line) => /-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----/.test(line),
  'known-token': (line) => TOKEN.test(line),
  'password-in-address': (line) => [...line.matchAll(ADDRESS)].some(([, password = '']) => isWrittenOut(password)),
  'credential-in-code': (line) => [...line.matchAll(GIVEN)].some(([, , , value = '']) => isWrittenOut(value)),
  localhost: (line) => /(?:\/\/|["'`@])(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?=[:/"'`]|$)/.test(line),
  'private-address': (line) =>
    /(?:\/\/|["'`@])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?=[:/"'`]|$)|\/\/[\w.-]{1,200}\.(?:internal|corp|lan|intranet)(?=[:/"'`]|$)/.test(
      line,
    ),
  'debug-flag': (line) =>
    /(?<![\w-])["']?(?:[A-Z_]{0,20}DEBUG|debug(?:_?mode)?)["']?\s{0,4}(?:=|:)\s{0,4}(?:True|true|1)\b(?!\s*[?&|])/.test(
      line,
    ),
  'debug-output': (line) =>
    /(?<![\w.])console\.(?:log|debug|trace|dir)\(|(?<![\w.])debugger;|(?<![\w.])(?:var_dump|print_r|dd)\(|\bbinding\.pry\b|\bbreakpoint\(\)|\bpdb\.set_trace\(|\bdbg!\(/.test(
      line,
    ),
  // In brackets, so that this line does not find itself.
  'left-to-do': (line) => /\b(?:T[O]DO|FIX[M]E|X[X]X|HA[C]K)\b/.test(line),
}

function isWrittenOut(value: string): boolean {
  return !isPlaceholderValue(value) && !ELSEWHERE.test(value) && !NAME.test(value)
}

// What of a text can be reached: e-mail addresses, telephone numbers, addresses, channels. And what was never filled in.
import { publicUrl } from '../../../lib/url-option.ts'
import { isPlaceholder } from '../../words.ts'

export interface Handle {
  kind: 'e-mail' | 'phone' | 'url' | 'chat' | 'paging'
  value: string
}

export interface ReadContact {
  handles: Handle[]
  /** Why the text cannot stand: a placeholder, an address that is none. */
  problems: string[]
}

const URL_WORD = /\bhttps?:\/\/[^\s<>|)\]]+/gi
const MAIL_WORD = /[^\s<>()[\],;:"|]+@[^\s<>()[\],;:"|@]+/g
const MAIL =
  /^[\w.!#$%&'*+/=?^{|}~-]{1,64}@(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}$/i
const PHONE_WORD = /(?<![\w./-])(?:\+|\(|00)?\d[\d ()./-]{4,28}\d(?![\w-])/g
const CHAT_WORD = /(?<![\w&/])(?:#[a-z0-9][a-z0-9_-]{1,79}|@[a-z][\w.-]{1,79})/gi
const PAGING_WORD = /\b(?:pager ?duty|opsgenie|victorops|splunk on-call)\b\s*[:=(]\s*[\w.-][\w .-]*/gi

/** `TBD`, `____`, `[phone]`, `<name>`, `?`, `xxx`, `...`: nobody has been here yet. */
const BLANK =
  /_{2,}|\bT\.?B\.?[DCA]\b\.?|\bTO[D]O\b|^\s*\?+\s*$|\?{2,}|\bxx+\b|\.{3}|…|\[(?!x?\])[^\]\n]*\](?!\()|<(?!https?:|mailto:|tel:)[^>@\n]+>|\{[^}\n]+\}/i
/** Numbers of nobody: kept free for films, counted up, one digit only. */
const NOBODYS_NUMBER = /555-?01\d\d$|^(?:\+?1)?123-?456-?7890$|^\+?(\d)\1{6,}$/

/** So much of a wrong word is repeated. */
const SHOWN_CHARS_MAX = 80

/** A contact is short; what is longer is cut before it is searched. */
const TEXT_CHARS_MAX = 2000

/** Takes one contact apart. */
export function readContact(said: string): ReadContact {
  const text = said.slice(0, TEXT_CHARS_MAX)
  const read: ReadContact = { handles: [], problems: [] }
  const blank = BLANK.exec(text)?.[0].trim()
  if (blank) read.problems.push(`"${blank.slice(0, SHOWN_CHARS_MAX)}" is still to be filled in`)
  let rest = text.replaceAll(/\b(?:mailto|tel):/gi, ' ')
  const take = (pattern: RegExp, judge: (word: string) => void): void => {
    rest = rest.replaceAll(pattern, (word) => {
      judge(word.replace(/[.,;:]+$/, ''))
      return ' '
    })
  }
  take(URL_WORD, (word) => keep(read, 'url', word, URL.canParse(word) ? null : 'is no address'))
  take(MAIL_WORD, (word) => keep(read, 'e-mail', word, MAIL.test(word) ? null : 'is no e-mail address'))
  take(PAGING_WORD, (word) => keep(read, 'paging', word.trim(), null))
  take(CHAT_WORD, (word) => keep(read, 'chat', word, null))
  take(PHONE_WORD, (word) => {
    if (!isDate(word)) keep(read, 'phone', word, phoneProblem(word))
  })
  return read
}

function keep(read: ReadContact, kind: Handle['kind'], value: string, problem: string | null): void {
  const shown = (kind === 'url' ? publicUrl(value) : value).slice(0, SHOWN_CHARS_MAX)
  if (problem !== null) read.problems.push(`"${shown}" ${problem}`)
  else if (isPlaceholder(value)) read.problems.push(`"${shown}" stands for something else`)
  else read.handles.push({ kind, value })
}

/** International: a country code, 8 to 15 digits. National: 6 to 15. */
function phoneProblem(word: string): string | null {
  const digits = word.replaceAll(/[\s()./-]/g, '')
  if (NOBODYS_NUMBER.test(word.replaceAll(/[\s().]/g, '')) || NOBODYS_NUMBER.test(digits)) return "is nobody's number"
  const isInternational = /^(?:\+|00)/.test(digits)
  const count = digits.replace(/^(?:\+|00)/, '').length
  if (isInternational && /^(?:\+|00)0/.test(digits)) return 'has no country code'
  return count >= (isInternational ? 8 : 6) && count <= 15 ? null : 'has not the length of a telephone number'
}

function isDate(word: string): boolean {
  return /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})$/.test(word.trim())
}

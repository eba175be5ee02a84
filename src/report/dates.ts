// Days and times as a document asks for them: `DD/MM/YYYY`, `TT.MM.JJJJ`, ISO where it asks for nothing.

const FORM = /(?<![\p{L}\d])([YJADTM]{2,4})(\. ?|[-/ ])([YJADTM]{2,4})\2([YJADTM]{2,4})(?!\p{L})/iu
const TIME = /(?<![\p{L}\d])HH:MM(:SS)?(?!\p{L})/iu
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The day in UTC, in the form that the hint holds, with the time where the form has one; ISO (`2026-01-05`) where there is none. */
export function writeDay(at: number, hint: string): string {
  const [date = '', clock = ''] = new Date(at).toISOString().split('T')
  const day = inForm(date, FORM.exec(hint)) ?? date
  const time = TIME.exec(hint)
  return time ? `${day} ${clock.slice(0, time[1] ? 8 : 5)} UTC` : day
}

/** `09:30:00 UTC`. */
export function writeTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`
}

/** Null where the form's three parts are not a year, a month and a day. */
function inForm(iso: string, form: RegExpExecArray | null): string | null {
  if (!form) return null
  const tokens = [form[1] ?? '', form[3] ?? '', form[4] ?? ''].map((token) => token.toUpperCase())
  const [year = '', month = '', day = ''] = iso.split('-')
  // French days are JJ, where German years are JJJJ.
  const values: Record<string, string> = {
    YYYY: year,
    JJJJ: year,
    AAAA: year,
    YY: year.slice(2),
    MM: month,
    MMM: MONTHS[Number(month) - 1] ?? month,
    DD: day,
    TT: day,
    JJ: day,
  }
  const written = tokens.map((token) => values[token])
  const kinds = new Set(
    tokens.map((token) => (/^[YA]|^JJJJ/.test(token) ? 'year' : token.startsWith('M') ? 'month' : 'day')),
  )
  return kinds.size === 3 && !written.includes(undefined) ? written.join(form[2]) : null
}

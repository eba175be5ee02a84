// Which texts in a check's options are secrets, so that they are taken out of whatever it says, even when the other side sends them back.

/** Headers whose values are no secret and stand in ordinary text. */
const PLAIN_HEADER =
  /^(?:accept(?:-.*)?|content-(?:type|language|encoding)|user-agent|host|origin|referer|cache-control|connection|range|if-.*)$/i
/** Names of fields that hold a secret, in a body or a query. */
const SECRET_NAME = /pass(?:word|wd|phrase)?|secret|token|api[-_]?key|credential|auth|session|signature|private/i
/** Parts of a larger option that may hold secrets. */
const PART = /^(?:url|headers?|cookies?|env|variables|body|json|form)$/i
/** Shorter ones would shred ordinary text. */
const CHARS_MIN = 6

/** Secret texts of the named options: whole values, passwords and query values of URLs, values of headers, fields of bodies. */
export function secretTexts(options: unknown, secretFields: readonly string[]): string[] {
  if (options === null || typeof options !== 'object') return []
  const found = secretFields.flatMap((field) => textsOf((options as Record<string, unknown>)[field], field))
  return [...new Set(found)].filter((text) => text.length >= CHARS_MIN)
}

function textsOf(value: unknown, name: string): string[] {
  if (typeof value === 'string') return ofString(value, name)
  // Of a program and its arguments, the program is no secret: without its name nobody knows what could not be started.
  if (Array.isArray(value) && name === 'command') return textsOf(value.slice(1), 'arguments')
  if (Array.isArray(value))
    return value.flatMap((entry) => (typeof entry === 'object' ? ofParts(entry) : textsOf(entry, name)))
  if (value === null || typeof value !== 'object') return []
  // A map of names to values is secret as a whole; what has parts of its own only where a part says so.
  const isMap = Object.values(value).every((member) => typeof member === 'string')
  return isMap ? ofMap(value as Record<string, string>, name) : ofParts(value)
}

function ofMap(map: Readonly<Record<string, string>>, name: string): string[] {
  const isHeaders = /headers?$/i.test(name)
  return Object.entries(map).flatMap(([key, member]) => {
    if (isHeaders && PLAIN_HEADER.test(key)) return []
    return ofString(member, isHeaders ? 'header' : key)
  })
}

function ofParts(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, member]) =>
    PART.test(key) || SECRET_NAME.test(key) ? textsOf(member, key) : ofParts(member),
  )
}

function ofString(text: string, name: string): string[] {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && URL.canParse(text)) return ofUrl(new URL(text))
  if (name === 'header') return [text, ...text.split(/\s+/).slice(1)]
  if (/body$/i.test(name)) return [text, ...ofBody(text)]
  return [text]
}

function ofUrl(url: URL): string[] {
  const { username, password, searchParams } = url
  const user = password === '' ? username : ''
  const named = [...searchParams].filter(([key, value]) => SECRET_NAME.test(key) || value.length >= 16)
  const pair = username === '' ? '' : Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')
  return [password, user, pair, ...named.map(([, value]) => value)].flatMap((text) => [text, decoded(text)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function ofBody(text: string): string[] {
  try {
    return ofFields(JSON.parse(text), '')
  } catch {
    return [...new URLSearchParams(text)].filter(([key]) => SECRET_NAME.test(key)).map(([, value]) => value)
  }
}

function ofFields(value: unknown, name: string): string[] {
  if (typeof value === 'string') return SECRET_NAME.test(name) ? [value] : []
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, member]) => ofFields(member, Array.isArray(value) ? name : key))
}

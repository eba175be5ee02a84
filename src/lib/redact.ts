// Secrets are taken out once, at the boundary: whatever becomes evidence, ledger, log or report has passed here.

/** Takes secrets out of text: the values it was told, and what has the shape of a credential. */
export interface Redactor {
  /** The text with each secret value replaced by `[secret NAME]`, each thing that looks like one by `[secret]`. */
  redact(text: string): string
  /** Learns one more value; values under 4 characters are ignored, they would shred ordinary text. */
  add(name: string, value: string): void
}

/** Shapes that are credentials wherever they stand. Each is linear: no repetition within a repetition. */
const SHAPES: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, '[secret]'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, '[secret]'],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{30,255}|glpat-[\w-]{20,255}|npm_[A-Za-z0-9]{30,255})/g,
    '[secret]',
  ],
  [/\b(?:xox[abeprs]-[\w-]{10,255}|[sr]k_live_[A-Za-z0-9]{16,255}|AIza[\w-]{35})/g, '[secret]'],
  [/\beyJ[\w-]{8,4000}\.eyJ[\w-]{4,8000}\.[\w-]{8,2000}/g, '[secret]'],
  [/\b(Bearer|Basic) +[\w.~+/-]{16,8000}={0,2}/g, '$1 [secret]'],
  // The password of an address, whatever its scheme.
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>]{0,200}:)[^\s/@"'<>]{1,500}@/gi, '$1[secret]@'],
]

/** A redactor that also knows each secret as base64, URL-encoded and inside JSON. */
export function createRedactor(secrets: Readonly<Record<string, string>> = {}): Redactor {
  let known: [value: string, name: string][] = []
  const names = new Map<string, string>()
  const redactor: Redactor = {
    redact(text) {
      let result = text
      for (const [value, name] of known)
        if (result.includes(value)) result = result.replaceAll(value, () => `[secret ${name}]`)
      for (const [shape, instead] of SHAPES) result = result.replace(shape, instead)
      return result
    },
    add(name, value) {
      if (value.length < 4) return
      const before = names.size
      for (const form of formsOf(value)) if (!names.has(form)) names.set(form, name)
      // A secret that holds another one is taken out whole.
      if (names.size > before) known = [...names].toSorted(([a], [b]) => b.length - a.length)
    },
  }
  for (const [name, value] of Object.entries(secrets)) redactor.add(name, value)
  return redactor
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  return [
    value,
    bytes.toString('base64'),
    bytes.toString('base64url'),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ]
}

/** Names of variables whose values are secrets, as the field names them. */
const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|APIKEY|(?<!PUBLIC_)KEY|KEY_BASE|PAT)$/i
const CHARS_MIN = 8
/** Words, numbers and paths: to take them out would shred ordinary text. */
const ORDINARY = /^(?:[a-z]{1,12}|\d{1,9}|[/.~].*)$/i

/** Variables of an environment that hold secrets by their name: what is inherited was told to nobody as one. */
export function secretsByName(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        SECRET_NAME.test(entry[0]) &&
        entry[1].length >= CHARS_MIN &&
        !ORDINARY.test(entry[1]),
    ),
  )
}

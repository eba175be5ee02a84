// Secrets are taken out once, at the boundary: whatever becomes evidence, ledger, log or report has passed here.

/** Replaces every known secret value in text. */
export interface Redactor {
  /** The text with each secret value replaced by `[secret NAME]`. */
  redact(text: string): string
  /** Learns one more value; values under 4 characters are ignored, they would shred ordinary text. */
  add(name: string, value: string): void
}

/** A redactor that also knows each secret's base64 and URL-encoded form. */
export function createRedactor(secrets: Readonly<Record<string, string>> = {}): Redactor {
  const known = new Map<string, string>()
  const redactor: Redactor = {
    redact(text) {
      let result = text
      for (const [value, name] of known)
        if (result.includes(value)) result = result.replaceAll(value, `[secret ${name}]`)
      return result
    },
    add(name, value) {
      if (value.length < 4) return
      for (const form of [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)])
        known.set(form, name)
    },
  }
  for (const [name, value] of Object.entries(secrets)) redactor.add(name, value)
  return redactor
}

// Names of imported signals and guards.

/** Signals that sources of gonogo give in units of their own: an imported query must not pass for one. */
const RESERVED = /^(?:requests|error-rate|request-rate|response-time.*|health|integrity|memory|cpu)$/

/** `Success Rate` is `success-rate`; a name that gonogo gives a meaning itself is `imported-error-rate`. */
export function slugOf(wanted: string): string {
  const slug = wanted
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-+|-+$/g, '')
  if (slug === '') return 'imported'
  return RESERVED.test(slug) || !/^[a-z]/.test(slug) ? `imported-${slug}` : slug
}

/** The name, or with a number behind it where it is taken. */
export function nearestFreeName(wanted: string, taken: readonly string[]): string {
  let name = wanted
  for (let number = 2; taken.includes(name); number++) name = `${wanted}-${number}`
  return name
}

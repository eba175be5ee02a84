// Placeholders of templates: arguments of Argo Rollouts, variables of Flagger's metric templates.

/** Name → value. */
export type Arguments = Readonly<Record<string, string>>

const ARGUMENT = /\{\{\s*args\.([\w.-]+)\s*\}\}/g
const ANY = /\{\{[^{}]*\}\}/g

/** The value with every text in it filled; arguments without a value stay as they are. */
export function withArguments<T>(value: T, values: Arguments): T {
  if (typeof value === 'string')
    return value.replaceAll(ARGUMENT, (whole, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
    ) as T
  if (Array.isArray(value)) return value.map((item: unknown) => withArguments(item, values)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withArguments(item, values)])) as T
}

/** The text with `{{ name }}` and `{{ variables.name }}` filled. */
export function withVariables(text: string, values: Arguments): string {
  return text.replaceAll(/\{\{\s*([\w.-]+)\s*\}\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  )
}

/** Those that are left, each once. */
export function placeholdersIn(text: string): string[] {
  return [...new Set(text.match(ANY) ?? [])]
}

/**
 * Those that are left as names gonogo knows nothing of: it refuses the query, with its line, until somebody has filled them.
 * `{{args.service-name}}` becomes `{{args_service_name}}`.
 */
export function withOpenPlaces(query: string): string {
  return query.replaceAll(ANY, (whole) => {
    const name = whole.replaceAll(/\W+/g, '_').replace(/^_/, '').replace(/_$/, '')
    return name === '' || name === 'version' || name === 'window' ? `{{open_${name}}}` : `{{${name}}}`
  })
}

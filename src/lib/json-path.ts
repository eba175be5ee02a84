// Where a value lies in JSON: `data.errors[0]["by version"]`. Keys are keys: nothing is run.
export type Path = readonly (string | number)[]

/** @returns null where it is no path. */
export function parsePath(text: string): Path | null {
  const path: (string | number)[] = []
  // The root may be named, as `$`.
  let rest = text.replace(/^\$(?=[.[]|$)/, '')
  let isFirst = rest === text
  while (rest !== '') {
    const found =
      /^\[(\d{1,9})\]/.exec(rest) ??
      /^\["((?:[^"\\]|\\["\\])*)"\]/.exec(rest) ??
      /^\['((?:[^'\\]|\\['\\])*)'\]/.exec(rest) ??
      (isFirst ? /^([^.[\]]+)/ : /^\.([^.[\]]+)/).exec(rest)
    const [whole, key] = found ?? []
    if (whole === undefined || key === undefined) return null
    const isIndex = /^\[\d/.test(whole)
    path.push(isIndex ? Number(key) : whole.startsWith('[') ? key.replaceAll(/\\(.)/g, '$1') : key)
    rest = rest.slice(whole.length)
    isFirst = false
  }
  return path
}

/** The value there, or undefined. Of an object only its own keys count. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string | number, unknown>)[key]
  }
  return value
}

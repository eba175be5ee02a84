// Tables that are made again from the same numbers: a test is rebuilt from its state at every look.

/**
 * A pure function that remembers its last `kept` results. Arguments are the same when they are identical, or lists of
 * equal numbers; results must not be changed.
 */
export function memoized<Args extends readonly unknown[], Result>(
  make: (...args: Args) => Result,
  kept: number,
): (...args: Args) => Result {
  const known: { args: readonly unknown[]; result: Result }[] = []
  return (...args) => {
    const at = known.findIndex((entry) => entry.args.every((arg, index) => isSame(arg, args[index])))
    // Copies of the lists, for those given may change.
    const entry = at === -1 ? { args: args.map(copied), result: make(...args) } : known[at]!
    if (at !== 0) {
      if (at > 0) known.splice(at, 1)
      known.unshift(entry)
      if (known.length > kept) known.pop()
    }
    return entry.result
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!isNumbers(a) || !isNumbers(b) || a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

function copied(value: unknown): unknown {
  return isNumbers(value) ? Float64Array.from(value) : value
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  return value instanceof Float64Array || (Array.isArray(value) && (value.length === 0 || typeof value[0] === 'number'))
}

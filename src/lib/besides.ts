// Two pieces of work at once, of which neither makes sense without the other.

/** Both results; or the first error, when the other one was ended too. */
export async function besides<A, B>(
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
  parent: AbortSignal,
): Promise<[A, B]> {
  const ending = new AbortController()
  const signal = AbortSignal.any([parent, ending.signal])
  const failures: unknown[] = []
  const guarded = <T>(work: (both: AbortSignal) => Promise<T>): Promise<T> =>
    work(signal).catch((error: unknown) => {
      failures.push(error)
      ending.abort()
      throw error
    })
  const [a, b] = await Promise.allSettled([guarded(first), guarded(second)])
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value]
  throw failures[0]
}

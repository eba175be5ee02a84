// Work side by side, but not all at once.

/** Runs `work` over the inputs, at most `atOnceMax` at a time. Results stand in the order of the inputs; the first error rejects. */
export async function inParallel<T, R>(
  inputs: readonly T[],
  atOnceMax: number,
  work: (input: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < inputs.length) {
      const index = next++
      results[index] = await work(inputs[index] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnceMax, inputs.length) }, worker))
  return results
}

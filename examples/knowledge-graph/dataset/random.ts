// A small seeded generator of random numbers (mulberry32): the same seed gives the same graph on every machine.

export interface Random {
  /** From 0 to below 1. */
  next(): number
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, below: (limit) => Math.floor(next() * limit) }
}

/** `count` different whole numbers from 0 to below `limit`, in random order. */
export function sample(random: Random, limit: number, count: number): number[] {
  const numbers = Int32Array.from({ length: limit }, (_, index) => index)
  for (let index = 0; index < count; index++) {
    const other = index + random.below(limit - index)
    const number = numbers[other] ?? 0
    numbers[other] = numbers[index] ?? 0
    numbers[index] = number
  }
  return [...numbers.subarray(0, count)]
}

// Another service that every answer would need in real life, as far as its callers notice: it takes its time, and fails now and then.
import { setTimeout as sleep } from 'node:timers/promises'

export interface Dependency {
  /** Asks it. @returns whether it answered. */
  ask(): Promise<boolean>
}

/** Spread of the logarithm of its times: the slowest twentieth takes 2.7 times the median or more. */
const SPREAD = 0.6

/**
 * Reads `20` or `20 0.005`: median milliseconds, and the share of questions that fail; empty text is no dependency.
 * @throws Error for anything else.
 */
export function parseDependency(text: string): Dependency | null {
  if (text.trim() === '') return null
  const [medianMs = Number.NaN, failing = 0, ...rest] = text.trim().split(/\s+/).map(Number)
  if (!(medianMs >= 0) || !(failing >= 0 && failing <= 1) || rest.length > 0)
    throw new Error(`unknown dependency "${text}": give median milliseconds, and the share that fails`)
  return {
    async ask() {
      await sleep(medianMs * Math.exp(SPREAD * standardNormal()))
      return Math.random() >= failing
    },
  }
}

/** Box and Muller's way from two uniform numbers. */
function standardNormal(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}

// An interval for the odds ratio of failing that holds at every look at once, so that it may be shown while it changes.
import { Tilts, type Split } from './tilts.ts'
import type { AlwaysValidInterval } from '../plan/verdict.ts'

/** Natural logarithms of the odds ratios that are looked at: from 1/148 to 148. */
const LOG_MAX = 5
const STEP = 0.125
const GRID = Array.from({ length: (2 * LOG_MAX) / STEP + 1 }, (_, i) => -LOG_MAX + i * STEP)
/** What is bet on each before anything was seen: a normal distribution of the logarithm, of about a factor of four. */
const PRIOR_SPREAD = 1.4

/** Log-likelihood at each odds ratio of the grid, relative to 1. Plain JSON of constant size. */
export type OddsState = number[]

/**
 * All odds ratios that no bet has beaten by `1 / (1 - level)`: the method of mixtures (Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021, section 3.2), over the conditional likelihood of a split.
 */
export class OddsInterval {
  readonly state: OddsState
  readonly #tilts = new Tilts(GRID.map((log) => Math.exp(log)))

  constructor(state: OddsState) {
    this.state = state
  }

  static start(): OddsState {
    return GRID.map(() => 0)
  }

  observe(split: Split, power: number): void {
    if (split.failures === 0 || !this.#tilts.read(split)) return
    for (let i = 0; i < GRID.length; i++) this.state[i] = (this.state[i] ?? 0) + power * this.#tilts.logMultiplier(i)
  }

  /** The interval at this level (0..1), and the odds ratio that fits best. Ends of the grid stand for 0 and infinity. */
  at(level: number): AlwaysValidInterval & { best: number } {
    const { state } = this
    const limit = logMixture(state) - -Math.log(1 - level)
    const best = state.reduce((index, value, i) => (value > (state[index] ?? -Infinity) ? i : index), 0)
    let low = best
    let high = best
    while (low > 0 && (state[low - 1] as number) > limit) low--
    while (high < GRID.length - 1 && (state[high + 1] as number) > limit) high++
    return {
      of: 'odds-ratio',
      low: low === 0 ? 0 : Math.exp(crossing(state, low, low - 1, limit)),
      high: high === GRID.length - 1 ? Number.POSITIVE_INFINITY : Math.exp(crossing(state, high, high + 1, limit)),
      level,
      best: Math.exp(summit(state, best)),
    }
  }
}

function logMixture(state: OddsState): number {
  const logs = state.map((value, i) => value - (GRID[i] as number) ** 2 / (2 * PRIOR_SPREAD ** 2))
  const weights = GRID.reduce((sum, log) => sum + Math.exp(-(log ** 2) / (2 * PRIOR_SPREAD ** 2)), 0)
  const top = Math.max(...logs)
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0) / weights)
}

/**
 * Where between two neighbours the likelihood passes the limit. It is concave, so beyond `outside` it falls at least as steeply as it
 * does there: the line through the two points outside lies above it, and the end it gives is on the safe side.
 */
function crossing(state: OddsState, inside: number, outside: number, limit: number): number {
  const [from, to] = [GRID[inside] as number, GRID[outside] as number]
  const beyond = state[2 * outside - inside]
  const at = state[outside] as number
  if (beyond === undefined || beyond >= at) return to
  const part = Math.min(1, Math.max(0, (limit - at) / (at - beyond)))
  return to + part * (from - to)
}

/** Top of the parabola through the best point and its neighbours. */
function summit(state: OddsState, best: number): number {
  const at = GRID[best] as number
  const [left, middle, right] = [state[best - 1], state[best] as number, state[best + 1]]
  if (left === undefined || right === undefined) return at
  const bend = left - 2 * middle + right
  return bend < 0 ? at + (STEP * (left - right)) / (2 * bend) : at
}

// Takes a backend out of turn by its last answers, and lets single requests find out when it is well again.
import type { ProxySettings } from './settings.ts'

/** So many failed answers in a row are no accident: from then on other answers of this kind are covered where they can be. */
const SUSPECT_FROM = 2

/** How many of a version's last answers failed, one after the other, whichever of its backends gave them. */
export class FailureRun {
  failed = 0
}

export class Breaker {
  /** No traffic but probes. */
  open = false
  readonly #settings: ProxySettings['breaker']
  /** Called when it opened or closed. */
  readonly #changed: () => void
  /** May this backend be taken out of turn at all; asked when its answers say so. */
  readonly #mayOpen: () => boolean
  readonly run: FailureRun
  /** The last answers, one bit each, the newest lowest; 1 is a failure. */
  #answers = 0
  readonly #window: number
  #openedAt = 0
  #probedAt = 0
  /** A probe was sent and has not told yet. */
  #probing = false
  #successes = 0

  constructor(settings: ProxySettings['breaker'], run: FailureRun, mayOpen: () => boolean, changed: () => void) {
    this.#settings = settings
    this.run = run
    this.#mayOpen = mayOpen
    this.#changed = changed
    this.#window = 0xff_ff_ff_ff >>> (32 - Math.max(settings.ofLast, settings.failures))
  }

  /** The last answers are failures, whether or not it may be out of turn for that. */
  get failing(): boolean {
    return ones(this.#answers & this.#window) >= this.#settings.failures
  }

  /** It is open, or about to be: a failed answer is better given by another version. */
  get suspect(): boolean {
    return this.open || (this.#settings.enabled && this.run.failed >= SUSPECT_FROM)
  }

  /** One answer, or none that came; `askedAt` on the clock of `performance.now()`. */
  answered(failed: boolean, askedAt: number): void {
    this.run.failed = failed ? this.run.failed + 1 : 0
    if (this.open) return this.#probed(failed, askedAt)
    this.#answers = (this.#answers << 1) | (failed ? 1 : 0)
    if (!failed || !this.#settings.enabled) return
    const isBroken = this.failing || this.run.failed >= this.#settings.failures
    if (!isBroken || !this.#mayOpen()) return
    this.open = true
    this.#openedAt = performance.now()
    this.#probedAt = this.#openedAt
    this.#successes = 0
    this.#probing = false
    this.#changed()
  }

  /**
   * Whether a request may try the backend although it is open: soon where another version can answer in its place or it has
   * just answered well, else only after `openMs`. Whoever is told yes is the probe; the next one waits for its answer, for `openMs` at most.
   */
  takeProbe(repeatable: boolean, now: number): boolean {
    const isSafe = repeatable || this.#successes > 0
    const waitMs = isSafe && !this.#probing ? this.#settings.probeEveryMs : this.#settings.openMs
    if (now - this.#probedAt < waitMs) return false
    this.#probedAt = now
    this.#probing = true
    return true
  }

  /** Forgets what was. */
  close(): void {
    this.#answers = 0
    this.run.failed = 0
    if (!this.open) return
    this.open = false
    this.#changed()
  }

  #probed(failed: boolean, askedAt: number): void {
    // What was asked before it opened says nothing new.
    if (askedAt < this.#openedAt) return
    this.#probing = false
    this.#successes = failed ? 0 : this.#successes + 1
    if (this.#successes >= this.#settings.successes) this.close()
  }
}

function ones(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}

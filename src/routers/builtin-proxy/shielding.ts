// The shield: how many error answers of a version stable may be asked to answer again. Its bound keeps a bad canary from
// doubling the load of the version that everybody falls back on.

/** Shares are taken of the running second and the one before. */
const WINDOW_MS = 1000
/** With little traffic a share of it is less than one request: this many may always be answered again in a window. */
const ALWAYS_IN_WINDOW = 10

export class Shielding {
  #endsAt = 0
  #requests = 0
  #requestsBefore = 0
  #shielded = 0
  #shieldedBefore = 0
  /** Error answers that went to their clients because a bound was reached, since the proxy started. */
  refused = 0

  /** A request came; `now` in milliseconds. */
  countRequest(now: number): void {
    if (now >= this.#endsAt) this.#turn(now)
    this.#requests++
  }

  /** Whether one more may be answered again, which counts it. @param shareMax percent of the requests. */
  take(now: number, shareMax: number): boolean {
    if (now >= this.#endsAt) this.#turn(now)
    const { requests, shielded } = this.recent
    if (shielded >= Math.max(ALWAYS_IN_WINDOW, (requests * shareMax) / 100)) return this.refuse()
    this.#shielded++
    return true
  }

  /** Counts an error answer that goes to its client although it is one that is answered again. */
  refuse(): false {
    this.refused++
    return false
  }

  /** Figures of the last one to two seconds that had requests. */
  get recent(): { requests: number; shielded: number } {
    return { requests: this.#requests + this.#requestsBefore, shielded: this.#shielded + this.#shieldedBefore }
  }

  #turn(now: number): void {
    const follows = now - this.#endsAt < WINDOW_MS
    this.#requestsBefore = follows ? this.#requests : 0
    this.#shieldedBefore = follows ? this.#shielded : 0
    this.#requests = 0
    this.#shielded = 0
    this.#endsAt = now + WINDOW_MS
  }
}

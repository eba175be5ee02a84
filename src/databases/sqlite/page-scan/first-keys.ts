// The smallest few of many numbers, in bounded memory.

export class FirstKeys {
  readonly #max: number
  #kept: number[] = []
  #limit = Number.POSITIVE_INFINITY

  constructor(max: number) {
    this.#max = max
  }

  add(key: number): void {
    if (key >= this.#limit) return
    this.#kept.push(key)
    if (this.#kept.length >= 2 * this.#max + 1024) this.#cut()
  }

  /** Ascending. */
  list(): number[] {
    this.#cut()
    return this.#kept
  }

  #cut(): void {
    this.#kept.sort((a, b) => a - b)
    if (this.#kept.length < this.#max) return
    this.#kept.length = this.#max
    this.#limit = this.#kept.at(-1) ?? Number.NEGATIVE_INFINITY
  }
}

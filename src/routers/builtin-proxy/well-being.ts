// The active health check of one backend: asked at intervals, well until it fails several times in a row.
import { withDeadline } from '../../lib/deadline.ts'
import { httpRequest } from '../../lib/http-request.ts'
import type { Backend } from '../../plan/traffic.ts'
import { originOf } from './origin.ts'
import type { ProxySettings } from './settings.ts'

type HealthSettings = NonNullable<ProxySettings['health']>

/** Only the status counts: of a longer answer no more is read. */
const BYTES_READ_MAX = 4096

export class WellBeing {
  well = true
  readonly #url: string
  readonly #settings: HealthSettings
  readonly #changed: () => void
  /** Answers in a row that speak against `well`. */
  #against = 0
  #timer: NodeJS.Timeout | null = null
  readonly #closing = new AbortController()

  constructor(backend: Backend, settings: HealthSettings, changed: () => void) {
    this.#url = originOf(backend) + settings.path
    this.#settings = settings
    this.#changed = changed
    void this.#look()
  }

  close(): void {
    this.#closing.abort()
    if (this.#timer) clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    const good = await this.#ask()
    if (this.#closing.signal.aborted) return
    this.#timer = setTimeout(() => void this.#look(), this.#settings.intervalMs)
    this.#timer.unref()
    if (good === this.well) {
      this.#against = 0
      return
    }
    if (++this.#against < (good ? this.#settings.rise : this.#settings.fall)) return
    this.well = good
    this.#against = 0
    this.#changed()
  }

  async #ask(): Promise<boolean> {
    const { timeoutMs, status } = this.#settings
    try {
      const answer = await httpRequest(
        { url: this.#url, redirectsMax: 0, bytesMax: BYTES_READ_MAX, beyond: 'cut' },
        withDeadline(timeoutMs, this.#closing.signal),
      )
      return status === undefined ? answer.status < 400 : answer.status === status
    } catch {
      return false
    }
  }
}

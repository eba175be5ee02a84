// What clients saw. Every request is counted once, every failure is kept with its moments.
import type { Ending } from '../../examples/load/connection.ts'
import { monotonicMs } from './clock.ts'

/** `get`: keep-alive, one after the other. `slow`: drips its request and reads slowly; `slow-upload` is the same with a body. */
export type Kind = 'get' | 'slow' | 'slow-upload' | 'upload'
export const KINDS: readonly Kind[] = ['get', 'slow', 'slow-upload', 'upload']

/** Times are on the clock of `monotonicMs`. */
export interface Failure {
  kind: Kind
  begunAt: number
  at: number
  /** Of an upload: as its instance notes it. */
  id: string | null
  /** Status of the answer, or how there was none. */
  what: string
  detail: string
}

export interface Seen {
  requests: Record<Kind, number>
  failed: number
  /** The first so many. */
  failures: Failure[]
  /** Answers to `get`, by the version that the router says it was. */
  answered: Record<string, { count: number; lastAt: number }>
  sockets: { open: number; echoes: number; broken: { at: number; why: string }[] }
}

const FAILURES_KEPT_MAX = 10_000

export class Tally {
  readonly seen: Seen = {
    requests: { get: 0, slow: 0, 'slow-upload': 0, upload: 0 },
    failed: 0,
    failures: [],
    answered: {},
    sockets: { open: 0, echoes: 0, broken: [] },
  }

  get all(): number {
    return KINDS.reduce((sum, kind) => sum + this.seen.requests[kind], 0)
  }

  /** @param problem with an answer that is none of its status, as another hash than that of what was sent. */
  count(
    kind: Kind,
    ending: Ending,
    begunAt: number,
    { id = null, problem = null }: { id?: string | null; problem?: string | null } = {},
  ): void {
    const { seen } = this
    const at = monotonicMs()
    seen.requests[kind]++
    if (!('failed' in ending) && kind === 'get') {
      const answered = (seen.answered[ending.version ?? '?'] ??= { count: 0, lastAt: 0 })
      answered.count++
      answered.lastAt = at
    }
    const what = 'failed' in ending ? ending.failed : ending.status === 200 ? problem && 'wrong' : String(ending.status)
    if (what === null) return
    seen.failed++
    const detail = 'failed' in ending ? ending.detail : (problem ?? `status ${ending.status}`)
    if (seen.failures.length < FAILURES_KEPT_MAX) seen.failures.push({ kind, begunAt, at, id, what, detail })
  }
}

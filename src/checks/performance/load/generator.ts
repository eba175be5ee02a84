// The part of a load that one thread sends: requests due at a given moment each (open), or one after the other (closed).
import { Client, type Ending, type RequestBytes, type Target } from './client.ts'
import { Arrivals, pick, sharesOf, type Schedule } from './schedule.ts'
import { countEnding, newTally, type Tally } from './tally.ts'

/** Everything there is to send, the same for each thread. */
export interface Workload {
  target: Target
  requests: readonly (RequestBytes & { weight: number })[]
  /** Null: as much as goes, each connection sending again as soon as it has its answer. */
  schedule: Schedule | null
  durationMs: number
  /** What is due before it is sent, and not counted. */
  warmUpMs: number
  /** Of all threads together. */
  connectionsMax: number
  /** How long an answer may take from the sending on. */
  timeoutMs: number
  /** Sent later than due by more than this is late. */
  lateMsMax: number
  /** Whether an answer counts as good, by status: 600 entries. */
  goodStatuses: readonly boolean[]
}

/** Which part of the workload a thread has. */
export interface Part {
  index: number
  of: number
}

/** A timer of Node may be late by so much without anybody having held it up. */
const TIMER_MS = 2
const SWEEP_MS = 50
/** After a failure: a refused connection must not become a busy loop. */
const FAILED_PAUSE_MS = 10
/** Answers to what was due count for the rate reached when they come within so long of its end. */
const GRACE_MS = 1000

/** Sends the part of the workload, from `startMs` (of this thread's `performance.now()`) on, until all of it has ended. */
export function generate(workload: Workload, part: Part, startMs: number): Promise<Tally> {
  const { promise, resolve } = Promise.withResolvers<Tally>()
  new Generator(workload, part, startMs, resolve).start()
  return promise
}

class Generator {
  readonly #workload: Workload
  readonly #part: Part
  readonly #startMs: number
  readonly #endMs: number
  readonly #connectionsMax: number
  readonly #done: (tally: Tally) => void
  readonly #tally = newTally()
  readonly #clients: Client[] = []
  readonly #idle: Client[] = []
  readonly #upTo: number[]
  readonly #arrivals: Arrivals | null
  #sweep: NodeJS.Timeout | undefined
  /** Index of the next arrival; of all threads' arrivals every `of`-th is this one's. */
  #next: number
  #nextDueMs = 0
  #busy = 0
  #isOver = false
  #utilization = performance.eventLoopUtilization()

  constructor(workload: Workload, part: Part, startMs: number, done: (tally: Tally) => void) {
    this.#workload = workload
    this.#part = part
    this.#startMs = startMs
    this.#done = done
    this.#arrivals = workload.schedule && new Arrivals(workload.schedule)
    this.#endMs = startMs + workload.durationMs
    this.#next = part.index
    this.#upTo = sharesOf(workload.requests.map(({ weight }) => weight))
    const { index, of } = part
    this.#connectionsMax = Math.floor((workload.connectionsMax + of - 1 - index) / of)
  }

  start(): void {
    this.#sweep = setInterval(() => this.#giveUpOld(), SWEEP_MS)
    const waitMs = Math.max(0, this.#startMs - performance.now())
    setTimeout(() => {
      this.#utilization = performance.eventLoopUtilization()
      if (this.#arrivals) this.#startOpen(this.#arrivals)
      else this.#startClosed()
    }, waitMs)
  }

  #startOpen(arrivals: Arrivals): void {
    this.#nextDueMs = this.#startMs + arrivals.dueMs(this.#next)
    this.#tick()
  }

  /** Sends what is due, and comes back for the next. */
  #tick(): void {
    this.#sendDue(performance.now())
    if (this.#finishIfOver()) return
    const waitMs = this.#nextDueMs - performance.now()
    // What waits for a connection is sent as soon as one is free; here it is only looked after.
    setTimeout(() => this.#tick(), Math.max(1, Math.min(waitMs, SWEEP_MS)))
  }

  #sendDue(now: number): void {
    const arrivals = this.#arrivals
    if (!arrivals) return
    while (this.#next < arrivals.count && this.#nextDueMs <= now) {
      const client = this.#freeClient()
      if (client) this.#send(client, this.#nextDueMs, now)
      else if (now - this.#nextDueMs > this.#workload.timeoutMs) this.#countUnsent(now)
      else return
      this.#next += this.#part.of
      this.#nextDueMs = this.#startMs + arrivals.dueMs(this.#next)
    }
  }

  #freeClient(): Client | null {
    const idle = this.#idle.pop()
    if (idle || this.#clients.length >= this.#connectionsMax) return idle ?? null
    const client = new Client(this.#workload.target, (ended, ending) => this.#onEnding(ended, ending))
    this.#clients.push(client)
    return client
  }

  #send(client: Client, dueMs: number, now: number): void {
    this.#busy++
    // A timer's own lateness is the instrument's, not the service's: it is no part of what a request waited.
    client.send(this.#requestAt(this.#next), now - dueMs <= TIMER_MS ? now : dueMs, now)
  }

  #requestAt(index: number): RequestBytes {
    return this.#workload.requests[pick(index, this.#upTo)] as RequestBytes
  }

  #onEnding(client: Client, ending: Ending): void {
    const now = performance.now()
    this.#busy--
    if (this.#isMeasured(client.dueAt)) this.#count(client, ending, now)
    if (this.#arrivals) {
      this.#idle.push(client)
      if (this.#nextDueMs <= now) this.#sendDue(now)
    } else if ('failure' in ending) setTimeout(() => this.#sendAgain(client), FAILED_PAUSE_MS)
    else this.#sendAgain(client)
  }

  #count({ dueAt, sentAt }: Client, ending: Ending, now: number): void {
    const tally = this.#tally
    countEnding(tally, ending, now - dueAt, now - sentAt)
    const lateMs = sentAt - dueAt
    if (lateMs > this.#workload.lateMsMax) tally.late++
    if (lateMs > tally.latestMs) tally.latestMs = lateMs
    if (!('status' in ending) || !this.#workload.goodStatuses[ending.status]) return
    tally.good++
    if (now <= this.#endMs + (this.#arrivals ? GRACE_MS : 0)) tally.goodInTime++
  }

  #isMeasured(dueMs: number): boolean {
    // Half a millisecond for rounding: the first request that is measured is due exactly then.
    return dueMs - this.#startMs >= this.#workload.warmUpMs - 0.5
  }

  #countUnsent(now: number): void {
    if (!this.#isMeasured(this.#nextDueMs)) return
    this.#tally.unsent++
    this.#tally.latestMs = Math.max(this.#tally.latestMs, now - this.#nextDueMs)
  }

  #startClosed(): void {
    for (let client = this.#freeClient(); client; client = this.#freeClient()) this.#sendAgain(client)
  }

  #sendAgain(client: Client): void {
    const now = performance.now()
    if (now >= this.#endMs) return void this.#finishIfOver()
    this.#busy++
    this.#next += this.#part.of
    client.send(this.#requestAt(this.#next), now, now)
  }

  #giveUpOld(): void {
    const sentBefore = performance.now() - this.#workload.timeoutMs
    for (const client of this.#clients) if (client.isBusy && client.sentAt < sentBefore) client.timeOut()
    if (!this.#arrivals) this.#finishIfOver()
  }

  #finishIfOver(): boolean {
    const nothingLeft = this.#arrivals ? this.#next >= this.#arrivals.count : performance.now() >= this.#endMs
    if (!nothingLeft || this.#busy > 0 || this.#isOver) return this.#isOver
    this.#isOver = true
    clearInterval(this.#sweep)
    for (const client of this.#clients) client.close()
    this.#tally.utilization = performance.eventLoopUtilization(this.#utilization).utilization
    this.#done(this.#tally)
    return true
  }
}

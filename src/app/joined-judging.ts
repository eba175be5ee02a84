// Checks of a phase run side by side, and several may ask about one database: what is asked at the same time is judged together, once, on
// one moment.
import { setTimeout as sleep } from 'node:timers/promises'
import { PlanError } from '../lib/errors.ts'
import type { ValidationAsk } from '../plan/data-port.ts'
import { chosenData, judgeData, type DataProject, type Judged } from './data.ts'
import { databaseNameOf } from './databases.ts'

/** How long others may join: checks of a phase are begun within a few milliseconds. */
const JOIN_MS = 20

interface Asked {
  ask: ValidationAsk
  signal: AbortSignal
  resolve(judged: Judged): void
  reject(error: unknown): void
}

/** Judges as `judgeData` does. @throws PlanError, OutsideError; what is wrong with one ask is not the others' problem */
export function joinedJudging(data: DataProject): (ask: ValidationAsk, signal: AbortSignal) => Promise<Judged> {
  const waiting = new Map<string, Asked[]>()

  async function judgeWaiting(key: string): Promise<void> {
    await sleep(JOIN_MS)
    const asked = waiting.get(key) ?? []
    waiting.delete(key)
    const [first, ...others] = asked
    if (!first) return
    if (others.length === 0)
      return settle(first, judgeData(data, first.ask, { mode: first.ask.mode, signal: first.signal }))
    try {
      const rules = asked.some(({ ask }) => ask.rules === null) ? null : asked.flatMap(({ ask }) => ask.rules ?? [])
      const { ask } = first
      const judged = await judgeData(data, { ...ask, rules }, { mode: ask.mode, signal: whenAll(asked) })
      for (const one of asked) one.resolve(resultsFor(one.ask, judged))
    } catch (error) {
      // A rule that does not fit the schema stops the validation that it is part of.
      if (!(error instanceof PlanError)) for (const { reject } of asked) reject(error)
      else
        for (const one of asked) await settle(one, judgeData(data, one.ask, { mode: one.ask.mode, signal: one.signal }))
    }
  }

  return async (ask, signal) => {
    chosenData(data, ask)
    const key = `${databaseNameOf(data.project, ask.database)} ${ask.mode}`
    return new Promise((resolve, reject) => {
      const asked = { ask, signal, resolve, reject }
      const already = waiting.get(key)
      if (already) already.push(asked)
      else {
        waiting.set(key, [asked])
        void judgeWaiting(key)
      }
    })
  }
}

async function settle({ resolve, reject }: Asked, judging: Promise<Judged>): Promise<void> {
  await judging.then(resolve, reject)
}

function resultsFor({ rules }: ValidationAsk, { validation, besides }: Judged): Judged {
  if (rules === null) return { validation, besides }
  return {
    validation: { ...validation, results: validation.results.filter(({ rule }) => rules.includes(rule)) },
    besides,
  }
}

/** Aborts when nobody waits any more. */
function whenAll(asked: readonly Asked[]): AbortSignal {
  const ending = new AbortController()
  const check = (): void => {
    if (asked.every(({ signal }) => signal.aborted)) ending.abort(asked[0]?.signal.reason)
  }
  for (const { signal } of asked) signal.addEventListener('abort', check, { once: true })
  check()
  return ending.signal
}

// The client of a pair: asks without end, remembers who answered and when, and tells gonogo what it saw, as a monitoring system would.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pause, poll } from '../../src/lib/deadline.ts'

const EVERY_MS = 15
const ANSWER_MS_MAX = 3000
/** Figures are of this long. */
const WINDOW_MS = 1000
/** So many answers in a row come from one version before it counts as the one that serves. */
const IN_A_ROW = 25
const SEEN_MS_MAX = 60_000

interface Answer {
  at: number
  /** Null: nobody. */
  version: string | null
  isFailed: boolean
}

export interface Client extends AsyncDisposable {
  /** Where `{"by": {"v2": {"failed": 100, "requests": 30}}}` is read: percent and number in the last second. */
  figuresUrl: string
  /** Returns when a version has answered at all since now. */
  meets(version: string): Promise<void>
  /** Returns when a version answers everything. */
  sees(version: string): Promise<void>
  /** When, by `performance.now()`, anything but this version was seen last: another, or nobody. */
  lastOther(version: string): number
}

export async function startClient(url: string): Promise<Client> {
  const answers: Answer[] = []
  const ending = new AbortController()
  const ask = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      answers.push(await answerOf(url))
      await pause(EVERY_MS)
    }
  }
  const asking = [ask(), ask()]
  const figures = createServer((_, response) => response.end(JSON.stringify({ by: figuresOf(answers) })))
  figures.listen(0, '127.0.0.1')
  await once(figures, 'listening')

  const wait = async (what: string, isThere: () => boolean): Promise<void> => {
    if (await poll(() => isThere() || null, { everyMs: 20, timeoutMs: SEEN_MS_MAX })) return
    const last = answers.at(-1)
    throw new Error(`no client saw ${what}; the last answer was of ${last?.version}${last?.isFailed ? ', failed' : ''}`)
  }
  const isOf = (version: string) => (answer: Answer) => answer.version === version && !answer.isFailed
  return {
    figuresUrl: `http://127.0.0.1:${(figures.address() as AddressInfo).port}/`,
    meets(version) {
      const from = answers.length
      return wait(version, () => answers.slice(from).some((answer) => answer.version === version))
    },
    sees(version) {
      const from = answers.length
      return wait(`${version} and nothing else`, () => {
        const since = answers.slice(from).slice(-IN_A_ROW)
        return since.length === IN_A_ROW && since.every(isOf(version))
      })
    },
    lastOther: (version) => answers.findLast((answer) => !isOf(version)(answer))?.at ?? 0,
    async [Symbol.asyncDispose]() {
      ending.abort()
      await Promise.all(asking)
      figures.closeAllConnections()
      figures.close()
    },
  }
}

async function answerOf(url: string): Promise<Answer> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    await answer.arrayBuffer()
    return { at: performance.now(), version: answer.headers.get('x-gonogo-version'), isFailed: !answer.ok }
  } catch {
    return { at: performance.now(), version: null, isFailed: true }
  }
}

function figuresOf(answers: readonly Answer[]): Record<string, { failed: number; requests: number }> {
  const since = performance.now() - WINDOW_MS
  const recent = answers.slice(answers.findLastIndex(({ at }) => at < since) + 1)
  const versions = [...new Set(recent.flatMap(({ version }) => version ?? []))]
  return Object.fromEntries(
    versions.map((version) => {
      const own = recent.filter((answer) => answer.version === version)
      const failed = own.filter(({ isFailed }) => isFailed).length
      return [version, { failed: (100 * failed) / own.length, requests: own.length }]
    }),
  )
}

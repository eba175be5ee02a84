// Backups of a bank in use: how long, how long its writer waits, whether every copy is whole, and what a kill leaves.
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { sqlite } from '../src/backups/sqlite.ts'
import { backupOptions, killTree, makeBank, startOnce, startWriter, stateOf, TOTAL } from './data/backup-fixture.ts'
import { median, type Bench, type BenchOptions, type Measure } from './result.ts'

const signal = AbortSignal.timeout(14_400_000)
const MARKS = 500

export const bench: Bench = {
  name: 'data-backup',
  summary: 'SQLite backups with verification and rules while a bank writes: time, stalls, 1,000 copies, 200 kills',
  run: async (options) => {
    const root = mkdtempSync(join(tmpdir(), 'gonogo-bench-data-backup-'))
    try {
      const measures: Measure[] = []
      for (const part of [timing, copies, kills]) {
        const directory = mkdtempSync(join(root, 'part-'))
        measures.push(...(await part(directory, options)))
        rmSync(directory, { recursive: true })
      }
      return { measures, notes: NOTES }
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
}

const NOTES = [
  'time: pinned copy, fsync, SHA-256 beside quick_check beside 8 rules, manifest; one writer commits throughout',
  'a stall is the longest transaction of that writer, busy waiting included, over all rounds',
  'kills: SIGKILL to the process and all it started, at a moment drawn evenly over the time an undisturbed one takes',
]

async function timing(directory: string, { quick, progress }: BenchOptions): Promise<Measure[]> {
  const file = makeBank(directory, quick ? 200e6 : 1000e6)
  const gigabytes = statSync(file).size / 1e9
  const { options, context } = backupOptions(directory, { rules: 'bank' })
  const backup = sqlite.create(options, context)
  const taking: number[] = []
  const verifying: number[] = []
  const previewing: number[] = []
  let stallMs = 0
  const writer = await startWriter(file)
  for (let round = 1; round <= (quick ? 3 : 5); round++) {
    await writer.ask()
    const takenMs = await timed(async () => {
      const { validation } = await backup.create(signal)
      if (validation?.verdict !== 'passed') throw new Error(`the rules say ${JSON.stringify(validation)}`)
    })
    const seen = await writer.ask()
    stallMs = Math.max(stallMs, seen.longestMs)
    taking.push(takenMs / 1000 / gigabytes)
    const [newest] = await backup.list()
    if (!newest) throw new Error('the backup is not in the list')
    verifying.push(
      (await timed(async () => {
        const { ok, summary } = await backup.verify(newest, signal)
        if (!ok) throw new Error(summary)
      })) /
        1000 /
        gigabytes,
    )
    previewing.push((await timed(() => backup.preview(newest))) / 1000 / gigabytes)
    progress(
      `round ${round}: taken in ${Math.round(takenMs)} ms, stall ${Math.round(seen.longestMs)} ms, ${seen.commits} commits meanwhile`,
    )
  }
  await writer.stop()
  return [
    {
      what: 'backup with proof and rules, writer running',
      measured: median(taking),
      unit: 's/GB',
      target: { atMost: 5 },
    },
    { what: 'longest stall of the writer', measured: stallMs, unit: 'ms', target: { atMost: 100 } },
    { what: 'verify: restored into scratch, proof, rules', measured: median(verifying), unit: 's/GB' },
    { what: 'preview of a restore, row by row', measured: median(previewing), unit: 's/GB' },
  ]
}

async function copies(directory: string, { quick, progress }: BenchOptions): Promise<Measure[]> {
  const file = makeBank(directory, 1e6)
  const { options, context } = backupOptions(directory, { check: 'integrity' })
  const backup = sqlite.create(options, context)
  const wanted = quick ? 50 : 1000
  const writer = await startWriter(file)
  let whole = 0
  for (let taken = 1; taken <= wanted; taken++) {
    const manifest = await backup.create(signal)
    using copy = new DatabaseSync(manifest.file, { readOnly: true })
    if (Number(copy.prepare('SELECT sum(balance) AS sum FROM accounts').get()?.sum) === TOTAL) whole++
    if (taken % 50 === 0) progress(`${whole} of ${taken} copies whole`)
  }
  const { commits } = await writer.ask()
  await writer.stop()
  if (commits < wanted) throw new Error(`the writer committed only ${commits} times`)
  return [
    { what: `live copies consistent, of ${wanted}`, measured: whole, unit: 'copies', target: { atLeast: wanted } },
  ]
}

async function kills(directory: string, { quick, progress }: BenchOptions): Promise<Measure[]> {
  const file = makeBank(directory, quick ? 10e6 : 60e6)
  const { options, context } = backupOptions(directory)
  const backup = sqlite.create(options, context)
  const baseline = await backup.create(signal)
  const wanted = quick ? 20 : 200
  const measures: Measure[] = []
  for (const verb of ['create', 'restore'] as const) {
    mark(file)
    const usualMs = await timed(() => once(startOnce(verb, directory), 'exit'))
    let sound = 0
    let killed = 0
    for (let moment = 1; moment <= wanted; moment++) {
      mark(file)
      const child = startOnce(verb, directory)
      const gone = once(child, 'exit')
      const isOver = await Promise.race([sleep(Math.random() * usualMs).then(() => false), gone.then(() => true)])
      if (!isOver && child.pid !== undefined) killTree(child.pid)
      await gone
      if (!isOver) killed++
      const { sound: isSound, marks } = stateOf(file)
      const isExpected = verb === 'create' ? marks === MARKS : marks === MARKS || marks === 0
      if (isSound && isExpected && (await listIsWhole())) sound++
      clearKept(directory)
      if (moment % 20 === 0) progress(`${verb}: ${sound} of ${moment} sound, ${killed} killed`)
    }
    measures.push({
      what: `kill -9 during ${verb}: sound, of ${wanted}`,
      measured: sound,
      unit: 'times',
      target: { atLeast: wanted },
    })
    measures.push({
      what: `of these killed before the end`,
      measured: killed,
      unit: 'times',
      target: { atLeast: wanted / 2 },
    })
    // What restores go back to must have no marks.
    if (verb === 'create') {
      rmSync(join(directory, '.gonogo'), { recursive: true })
      unmark(file)
      await backup.create(signal)
    }
  }
  await backup.create(signal)
  const left = readdirSync(join(directory, '.gonogo/backups/bank')).filter((name) => name.startsWith('.unfinished'))
  measures.push({
    what: 'drafts left after the next backup',
    measured: left.length,
    unit: 'files',
    target: { atMost: 0 },
  })
  if (!baseline.verified) throw new Error('the first backup is not verified')
  return measures

  async function listIsWhole(): Promise<boolean> {
    const manifests = await backup.list()
    return manifests.length > 0 && manifests.every((manifest) => statSync(manifest.file).size === manifest.bytes)
  }
}

function mark(file: string): void {
  unmark(file)
  using database = new DatabaseSync(file, { timeout: 20_000 })
  database.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MARKS}) INSERT INTO facts (kind) SELECT 'mark' FROM n`,
  )
}

function unmark(file: string): void {
  using database = new DatabaseSync(file, { timeout: 20_000 })
  database.exec("DELETE FROM facts WHERE kind = 'mark'")
}

function clearKept(directory: string): void {
  for (const name of readdirSync(directory))
    if (name.includes('.replaced-')) rmSync(join(directory, name), { force: true })
}

async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

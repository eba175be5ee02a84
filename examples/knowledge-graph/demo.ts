// npm run demo: the release of this example, twice. First v2 breaks in the middle of its canary and is taken back; then it goes
// all the way. Real processes, real traffic; only waits are shortened, and the people's answers are given by this script.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { sendTo } from '../../src/app/messages.ts'
import { openItems } from '../../src/app/questions.ts'
import { planOf, runDirectory } from '../../src/app/hand-over.ts'
import { openState, type State } from '../../src/app/state.ts'
import { pause } from '../../src/lib/deadline.ts'
import { FINAL_STATES, type RunRecord } from '../../src/plan/run-record.ts'
import { startTraffic, type TrafficResult } from './traffic.ts'

const directory = import.meta.dirname
const stateDirectory = join(directory, '.gonogo')
const gonogo = join(directory, '../../bin/gonogo.js')
const PACE = ['--time-scale', '150', '--wait-max', '4s']
const SERVICE_URL = 'http://127.0.0.1:8400'

async function demo(): Promise<number> {
  const startedAt = performance.now()
  await clear()
  say('A graph of 100,000 relationships, v1 in front of it, and users')
  await run(process.execPath, ['scripts/generate.ts', '--relationships', '100000', '--out', 'data/database.db'])
  await run(process.execPath, [gonogo, 'up', 'v1'])
  await run(process.execPath, [gonogo, 'backup', 'create', 'database'])
  const traffic = startTraffic({ url: SERVICE_URL, requestsPerSecond: 300, connections: 20 })
  const state = await openState(stateDirectory)
  try {
    say('Review: the plan is read, shown and locked')
    await run(process.execPath, [gonogo, 'plan', '--lock', '--as', 'rita'])

    say('First release: v2 answers with errors once it has 10 % of the traffic')
    const first = await release(state, { faultAt: 'canary' })
    const afterFirst = await traffic.progress()

    say('Second release: the same, without the fault')
    const second = await release(state, { faultAt: null })
    const afterSecond = await traffic.stop()

    say('What came of it')
    tell('first release ', first, afterFirst, null)
    tell('second release', second, afterSecond, afterFirst)
    process.stdout.write(`\nthe whole demonstration took ${Math.round((performance.now() - startedAt) / 1000)} s\n`)
    return first.state === 'rolled-back' && second.state === 'succeeded' ? 0 : 1
  } finally {
    await traffic.stop().catch(() => {})
    await state.close()
    await run(process.execPath, [gonogo, 'down'])
  }
}

/** Conducts one release as a person would, by the command line, and answers for the people meanwhile. */
async function release(state: State, { faultAt }: { faultAt: string | null }): Promise<RunRecord> {
  const before = new Set((await state.runs.list(10)).map((one) => one.id))
  const deploy = run(process.execPath, [gonogo, 'deploy', '--yes', '--as', 'emil', ...PACE], { mayFail: true })
  const ended = { yet: false }
  void deploy.finally(() => (ended.yet = true))
  let record: RunRecord | undefined
  while (!ended.yet) {
    await pause(200)
    record = (await state.runs.list(1)).find((one) => !before.has(one.id))
    if (!record) continue
    if (faultAt && record.position.startsWith(`${faultAt}:`)) writeFileSync(join(directory, 'data/fault'), 'errors')
    await answerFor(state, record)
  }
  rmSync(join(directory, 'data/fault'), { force: true })
  record = record && ((await state.runs.get(record.id)) ?? undefined)
  if (!record) throw new Error('the release did not start')
  return record
}

const answered = new Set<string>()

/** Says yes in the name of whoever is asked, once for each question. */
async function answerFor(state: State, record: RunRecord): Promise<void> {
  if (FINAL_STATES.includes(record.state)) return
  const { people, delivery } = await planOf(state, record)
  if (record.state === 'waiting' && record.position.startsWith('approval of stage')) {
    await once(`${record.id} ${record.position}`, () =>
      sendTo(state, record, { type: 'promote', by: people[delivery?.approver ?? '']?.[0] ?? '' }),
    )
  }
  for (const { item, role, text } of await openItems(state, record)) {
    if (text.startsWith('Performance regression')) await insistOn(state, record, item)
    const by = role === null ? undefined : people[role]?.[0]
    if (!by) continue
    await once(`${record.id} ${item}`, () =>
      sendTo(state, record, { type: 'answer', by, item, answer: 'approve', reason: null, values: {} }),
    )
  }
}

/**
 * At half a millisecond a request, another program on the machine is a "regression" of 10 %. The release manager looks three times more;
 * if it stays, she accepts it by name, and the report says so.
 */
async function insistOn(state: State, record: RunRecord, item: string): Promise<void> {
  if (record.state !== 'paused') return
  const looks = (looked.get(record.id) ?? 0) + 1
  looked.set(record.id, looks)
  await pause(1000)
  if (looks <= 3) await sendTo(state, record, { type: 'resume', by: 'rita' })
  else
    await once(`${record.id} waive`, () =>
      sendTo(state, record, {
        type: 'waive',
        by: 'rita',
        item,
        reason: 'noise of this machine: half a millisecond is compared',
      }),
    )
}

const looked = new Map<string, number>()

async function once(key: string, work: () => Promise<void>): Promise<void> {
  if (answered.has(key)) return
  answered.add(key)
  await work()
}

function tell(name: string, record: RunRecord, now: TrafficResult, before: TrafficResult | null): void {
  const requests = now.requests - (before?.requests ?? 0)
  const failed = now.failed - (before?.failed ?? 0)
  const files = runDirectory(stateDirectory, record.id)
  process.stdout.write(`${name}  ${record.state}${record.reason ? `: ${record.reason}` : ''}
    users               ${requests} requests, ${failed} failed
    report              ${join(files, 'report.html')}
    returned checklist  ${join(files, 'returned.md')}
`)
}

/** Removes what an earlier demonstration left. */
async function clear(): Promise<void> {
  await run(process.execPath, [gonogo, 'down'], { mayFail: true, quiet: true })
  for (const name of ['data', 'logs', 'backups', '.gonogo']) {
    rmSync(join(directory, name), { recursive: true, force: true })
    if (name !== '.gonogo') mkdirSync(join(directory, name))
  }
}

function say(text: string): void {
  process.stdout.write(`\n== ${text}\n`)
}

/** Runs a command in the example's folder, its output on the screen. */
function run(file: string, args: string[], options: { mayFail?: boolean; quiet?: boolean } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: directory,
      stdio: ['ignore', options.quiet ? 'ignore' : 'inherit', options.quiet ? 'ignore' : 'inherit'],
    })
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0 || options.mayFail
        ? resolve()
        : reject(new Error(`${basename(args[0] ?? file)} ${args.slice(1).join(' ')} ended with ${code}`)),
    )
  })
}

process.exitCode = await demo()

// The original document, unchanged, conducts a real release: first with a fault that its own trigger takes back, then to its end.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTraffic, type Traffic } from '../../examples/knowledge-graph/traffic.ts'
import { planOf, runDirectory } from '../../src/app/hand-over.ts'
import { openState, type State } from '../../src/app/state.ts'
import type { Item } from '../../src/plan/plan.ts'
import type { LedgerEntry, OutcomeBody, RunRecord } from '../../src/plan/run-record.ts'
import type { ReleasePlan } from '../../src/plan/release-plan.ts'
import { answerWhile, isComparison } from './answering.ts'
import {
  contentsOf,
  freePort,
  gonogo,
  removeFolder,
  sha256,
  startGonogo,
  startNode,
  temporaryFolder,
} from './gonogo.ts'
import { copiesDatabase } from './original-bindings.ts'
import { isOriginalHere, layOut, ORIGINAL } from './original-project.ts'
import { changedLines } from './returned-lines.ts'

const PACE = ['--time-scale', '60', '--wait-max', '4 s']
const RELATIONSHIPS = 20_000

interface Release {
  run: RunRecord
  plan: ReleasePlan
  ledger: LedgerEntry[]
  exitCode: number | null
  returned: string
  report: string
}

if (!isOriginalHere) console.warn(`SKIPPED: there is no ${ORIGINAL}; the original document is not conducted`)

describe.skipIf(!isOriginalHere)('the original document, as it is', () => {
  let folder: string
  let directory: string
  let document: string
  let state: State
  let traffic: Traffic
  let original: Buffer
  let before: Record<string, string>

  beforeAll(async () => {
    folder = temporaryFolder()
    const port = await freePort()
    ;({ directory, document } = layOut(folder, port))
    original = readFileSync(ORIGINAL)
    await succeed(startNode(directory, ['scripts/generate.ts', '--relationships', String(RELATIONSHIPS)]).finished)
    await succeed(gonogo(directory, ['up', 'v1']))
    traffic = startTraffic({ url: `http://127.0.0.1:${port}`, requestsPerSecond: 200, connections: 8 })
    state = await openState(join(directory, '.gonogo'))
    await succeed(gonogo(directory, ['plan', '--lock']))
    before = contentsOf(directory)
  })

  afterAll(async () => {
    await traffic?.stop().catch(() => {})
    await state?.close()
    await gonogo(directory, ['down'])
    await removeFolder(folder)
  })

  test('with errors in the middle of the canary it goes back by its own trigger', async () => {
    const fault = join(directory, 'data/fault')
    const { run, plan, ledger, exitCode, returned, report } = await release((position) => {
      if (position.startsWith('canary: ')) writeFileSync(fault, 'errors')
    })
    rmSync(fault, { force: true })

    expect(run).toMatchObject({ state: 'rolled-back' })
    expect(exitCode).toBe(1)
    const tripped = ledger.filter(({ kind, body }) => kind === 'guard' && body.severity === 'rollback')
    const trigger = plan.checklist.items.find((item) => item.id === tripped[0]?.body.rule)
    expect(trigger).toMatchObject({ kind: 'trigger', text: expect.stringMatching(/error rate/i) })
    expect(ticked(returned, trigger as Item)).toBe(true)
    const others = triggersOf(plan).filter((item) => item !== trigger)
    expect(others.filter((item) => ticked(returned, item))).toEqual([])
    expect(report).toContain(run.id)
    await expectSound(run, plan, returned)
    expect(await versionNow()).toBe('v1')
  })

  test('it is conducted to its end and comes back filled in', async () => {
    const { run, plan, ledger, exitCode, returned, report } = await release(() => {})
    const outcomes = outcomesOf(ledger)

    expect({ state: run.state, reason: run.reason, exitCode }).toEqual({
      state: 'succeeded',
      reason: null,
      exitCode: 0,
    })
    const bound = new Set(plan.items.filter(({ binding }) => binding.type !== 'unbound').map(({ item }) => item))
    expect(plan.items.filter(({ item }) => !bound.has(item))).toEqual([])
    await expectCommandsRun(plan, outcomes)
    expectBackedUp(plan, outcomes)
    expectGuardsInForce(plan)

    const bad = plan.items.filter(({ item }) => ['failed', 'unverified'].includes(outcomes.get(item)?.status ?? ''))
    const red = bad.filter(({ binding }) => binding.type !== 'guard')
    expect(red.filter((planned) => !isComparison(planned)).map(({ item }) => item)).toEqual([])
    const waived = ledger.filter(({ kind }) => kind === 'waiver').map(({ item }) => item)
    expect(waived).toEqual(red.map(({ item }) => item))
    const conducted = plan.checklist.items.filter(
      ({ id, box, polarity }) => box && polarity === 'good' && outcomes.has(id),
    )
    const wrong = conducted.filter((item) => ticked(returned, item) !== (outcomes.get(item.id)?.status === 'passed'))
    expect(wrong.map(({ id }) => id)).toEqual([])
    expect(conducted.filter((item) => ticked(returned, item)).length).toBeGreaterThan(90)
    const signatures = plan.checklist.items.filter(({ kind, line, box }) => kind === 'poll' && box && line > 460)
    expect(signatures.map((item) => ticked(returned, item))).toEqual([true, true, true, true])
    expect(triggersOf(plan).map((item) => ticked(returned, item))).toEqual(Array(5).fill(false))
    expect(report).toContain(run.id)
    expect(report).toContain('sign')
    await expectSound(run, plan, returned)
    expect(await versionNow()).toBe('v2')
  })

  /** Conducts one release by the command line, and answers for the people meanwhile. */
  async function release(atPosition: (position: string) => void): Promise<Release> {
    const deploy = startGonogo(directory, ['deploy', '--yes', '--as', 'emil', ...PACE])
    const run = await answerWhile(state, deploy, atPosition)
    const { code, stderr, stdout } = await deploy.finished
    expect(stderr + (code === 2 ? stdout : '')).toBe('')
    const files = runDirectory(join(directory, '.gonogo'), run.id)
    return {
      run,
      plan: await planOf(state, run),
      ledger: await state.ledger.entries(run.id),
      exitCode: code,
      returned: readFileSync(join(files, 'returned.md'), 'utf8'),
      report: readFileSync(join(files, 'report.html'), 'utf8'),
    }
  }

  /** Every command of the phases that are gone through was run as written, and each has its own output as evidence. */
  async function expectCommandsRun(plan: ReleasePlan, outcomes: Map<string, OutcomeBody>): Promise<void> {
    const withCommands = conductedCommands(plan).filter((item) => !copiesDatabase(item))
    expect(withCommands.flatMap(({ commands }) => commands).length).toBe(10)
    for (const item of withCommands) {
      const outcome = outcomes.get(item.id)
      expect({ item: item.id, status: outcome?.status }).toEqual({ item: item.id, status: 'passed' })
      for (const [index, { script, background }] of item.commands.entries()) {
        const evidence = outcome?.evidence.find(({ name }) => name === `step ${index + 1}`)
        const content = (await state.evidence.get(evidence?.sha256 ?? '')) ?? ''
        expect(content.startsWith(`$ ${script}\n`), `evidence of ${script}`).toBe(true)
        if (!background) expect(content.length, `output of ${script}`).toBeGreaterThan(script.length + 10)
      }
    }
  }

  /** Where the document copies a database in use byte by byte, a proved copy was taken instead. */
  function expectBackedUp(plan: ReleasePlan, outcomes: Map<string, OutcomeBody>): void {
    const copies = conductedCommands(plan).filter(copiesDatabase)
    expect(copies.map(({ id }) => outcomes.get(id))).toMatchObject([
      { status: 'passed', summary: expect.stringContaining('quick_check: ok') },
    ])
  }

  /** What must hold after any run: the record proves itself, the document is untouched, its copy differs in places to fill in only. */
  async function expectSound(run: RunRecord, plan: ReleasePlan, returned: string): Promise<void> {
    expect(sha256(readFileSync(document))).toBe(sha256(original))
    expect(plan.checklist.document.sha256).toBe(sha256(original))
    expect(changedLines(original, Buffer.from(returned), plan.checklist)).toMatchObject({ elsewhere: [] })
    expect(changedLines(original, Buffer.from(returned), plan.checklist).filledIn.length).toBeGreaterThan(10)
    expect((await gonogo(directory, ['return', run.id])).stdout).toBe(returned)
    const verified = await gonogo(directory, ['ledger', 'verify', run.id])
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining(run.id) })
    expect(existsSync(join(directory, 'gonogo.lock'))).toBe(true)
    const now = contentsOf(directory)
    const touched = Object.keys(before).filter((path) => now[path] !== before[path] && !/^(data|backups)\//.test(path))
    expect(touched).toEqual([])
  }

  async function versionNow(): Promise<string | null> {
    const plan = readFileSync(join(directory, 'gonogo.yaml'), 'utf8')
    const url = /SERVICE_URL: (\S+)/.exec(plan)?.[1] ?? ''
    return (await fetch(`${url}/health`)).headers.get('x-version')
  }
})

/** The five rules of the document's rollback triggers, as it states them. */
function expectGuardsInForce(plan: ReleasePlan): void {
  const rules = plan.guards.filter(({ severity }) => severity === 'rollback')
  expect(rules).toMatchObject([
    { options: { signal: 'health', is: '==', value: 0, consecutive: 5 } },
    { options: { signal: 'error-rate', is: '>', value: 50 } },
    { options: { signal: 'response-time', is: '>', value: 10_000 } },
    { options: { signal: 'memory', is: '>', value: 95 } },
    { options: { signal: 'integrity', is: '==', value: 0 }, restoreData: true },
  ])
  expect(rules.every(({ item }) => plan.checklist.triggers.some((trigger) => trigger.item === item))).toBe(true)
}

function triggersOf({ checklist }: ReleasePlan): Item[] {
  return checklist.items.filter(({ kind }) => kind === 'trigger')
}

function itemsOf(plan: ReleasePlan, kind: string): Item[] {
  const phases = new Set(plan.checklist.phases.filter((phase) => phase.kind === kind).map(({ id }) => id))
  return plan.checklist.items.filter(({ phase }) => phases.has(phase))
}

/** Items of the phases that are gone through that have commands. */
function conductedCommands(plan: ReleasePlan): Item[] {
  const items = ['readiness', 'execute', 'verify'].flatMap((kind) => itemsOf(plan, kind))
  return items.filter(({ commands }) => commands.length > 0)
}

function outcomesOf(ledger: readonly LedgerEntry[]): Map<string, OutcomeBody> {
  const entries = ledger.filter((entry) => entry.kind === 'outcome')
  return new Map(entries.map(({ item, body }) => [item ?? '', body as unknown as OutcomeBody]))
}

/** Whether the box on the item's line is ticked. */
function ticked(returned: string, { line }: Item): boolean {
  return /^\s*- \[x\]/i.test(returned.split('\n')[line - 1] ?? '')
}

async function succeed(work: Promise<{ code: number | null; stderr: string; stdout: string }>): Promise<void> {
  const { code, stderr, stdout } = await work
  if (code !== 0) throw new Error(`ended with ${code}: ${stderr || stdout}`)
}

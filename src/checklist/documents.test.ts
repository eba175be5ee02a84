// Real checklists of other teams. They are third-party text: read where they are, never copied into this repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../lib/errors.ts'
import type { Checklist, Item } from '../plan/plan.ts'
import { readChecklist } from './read.ts'
import { returnChecklist } from './returned/return.ts'
import { readStages } from './items/stages.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', 'shared')
const REFERENCE = join(ROOT, 'checklists')
const CORPUS = join(ROOT, 'corpus')
const FOLDERS = [REFERENCE, CORPUS].filter((folder) => existsSync(folder))
const DOCUMENTS = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)
if (FOLDERS.length < 2) console.warn(`SKIPPED: reading real documents; ${REFERENCE} or ${CORPUS} is absent`)

/** A box as `grep` would find it: behind a bullet, a number, a heading mark, or alone on its line. */
const BOX_LINE = /^\s*(?:#{1,6}\s+)?(?:[-*+]\s+|\d+[.)]\s+)?\[[ xX~]\](?:\s|$)/

function boxLines(text: string): number[] {
  return text.split('\n').flatMap((line, index) => (BOX_LINE.test(line) ? [index + 1] : []))
}

function encoding(name: string) {
  return readChecklist(name, readFileSync(join(REFERENCE, name))).document.encoding
}

describe.skipIf(DOCUMENTS.length === 0)('every real document', () => {
  it.each(DOCUMENTS)('%s: every box is found, once, and an unanswered copy is identical', (path) => {
    const bytes = new Uint8Array(readFileSync(path))
    const checklist = readChecklist(path, bytes)
    const found = checklist.items.filter(({ box }) => box !== null).map(({ line }) => line)
    expect(found).toEqual(expect.arrayContaining(boxLines(Buffer.from(bytes).toString())))
    expect(new Set(found).size).toBe(found.length)
    expect(new Set(checklist.items.map(({ id }) => id)).size).toBe(checklist.items.length)
    expect(new Set(checklist.phases.map(({ id }) => id)).size).toBe(checklist.phases.length)
    expect(Buffer.compare(returnChecklist(bytes, checklist, new Map()), bytes)).toBe(0)
    for (const { box } of checklist.items) {
      const mark = box ? Buffer.from(bytes.subarray(box.start, box.end)).toString() : ' '
      expect(mark).toMatch(/^[ xX~☐]$/)
    }
  })

  it.each(DOCUMENTS)('%s: ticking every box ticks exactly those', (path) => {
    const bytes = new Uint8Array(readFileSync(path))
    const checklist = readChecklist(path, bytes)
    const answers = new Map(checklist.items.map(({ id }) => [id, { tick: true }]))
    const returned = Buffer.from(returnChecklist(bytes, checklist, answers))
      .toString()
      .split('\n')
    const before = Buffer.from(bytes).toString().split('\n')
    const boxed = new Set(checklist.items.filter(({ box }) => box).map(({ line }) => line))
    const changed = returned.flatMap((line, index) => (line === before[index] ? [] : [index + 1]))
    expect(changed.every((line) => boxed.has(line))).toBe(true)
    expect(boxLines(returned.join('\n')).every((line) => /\[[xX]\]/.test(returned[line - 1] ?? ''))).toBe(true)
  })

  it('mutated in any way is read or refused, never a crash', () => {
    const originals = DOCUMENTS.map((path) => readFileSync(path))
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.integer({ min: 0, max: 40 }),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 6 }),
        fc
          .constantFrom('```', '\n\n', '[', '|', '`', '> ', '- [ ] ', '**', '<!--', '\t', '_')
          .map((text) => Buffer.from(text)),
      ),
    })
    fc.assert(
      fc.property(fc.nat(originals.length - 1), fc.array(edit, { minLength: 1, maxLength: 6 }), (which, edits) => {
        // A window of the document keeps many cases quick.
        const whole = originals[which] ?? Buffer.alloc(0)
        const from = Math.floor((edits[0]?.at ?? 0) * Math.max(0, whole.length - 1500))
        let bytes = whole.subarray(from, from + 1500)
        for (const { at, remove, insert } of edits) {
          const cut = Math.floor(at * bytes.length)
          bytes = Buffer.concat([bytes.subarray(0, cut), insert, bytes.subarray(cut + remove)])
        }
        try {
          const checklist = readChecklist('mutated.md', bytes)
          expect(Buffer.compare(returnChecklist(bytes, checklist, new Map()), bytes)).toBe(0)
        } catch (error) {
          if (!(error instanceof PlanError)) throw error
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe.skipIf(!existsSync(REFERENCE))('the five reference documents', () => {
  it('hold 523 boxes, all found', () => {
    const counts = readdirSync(REFERENCE).map((name) => {
      const bytes = readFileSync(join(REFERENCE, name))
      const lines = new Set(boxLines(bytes.toString()))
      return readChecklist(name, bytes).items.filter(({ box, line }) => box && lines.has(line)).length
    })
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(523)
  })

  it('are repaired where they were encoded twice', () => {
    expect(encoding('event-pipeline-kubernetes.md')).toEqual({ repaired: 20, lost: 0 })
    expect(encoding('integrated-stack.md')).toEqual({ repaired: 20, lost: 5 })
    expect(encoding('data-consistency-fixes.md')).toEqual({ repaired: 0, lost: 0 })
  })

  it('hold their choices, blanks and tables', () => {
    const { items } = readChecklist('x.md', readFileSync(join(REFERENCE, 'bidirectional-sync.md')))
    expect(items.flatMap(({ choices }) => choices)).toHaveLength(103)
    const rows = items.filter(({ table }) => table)
    expect(rows).toHaveLength(8)
    expect(rows.every(({ blanks, box }) => blanks.length === 1 && box !== null)).toBe(true)
    const targets = items.flatMap(({ blanks }) => blanks).filter(({ target }) => target)
    expect(targets.length).toBeGreaterThanOrEqual(28)
  })

  it('have a blank on every line with room to write, and on no other', () => {
    for (const name of readdirSync(REFERENCE)) {
      const bytes = readFileSync(join(REFERENCE, name))
      const room = bytes
        .toString()
        .split('\n')
        .flatMap((line, index) => (/_{3,}/.test(line) ? [index + 1] : []))
      const lineAt = (byte: number): number => bytes.subarray(0, byte).toString().split('\n').length
      const blanks = readChecklist(name, bytes).items.flatMap(({ blanks: own }) => own)
      expect([...new Set(blanks.map(({ range }) => lineAt(range.start)))].toSorted((a, b) => a - b)).toEqual(room)
    }
  })
})

const CONSISTENCY = join(REFERENCE, 'data-consistency-fixes.md')

describe.skipIf(!existsSync(CONSISTENCY))('the data consistency document', () => {
  const checklist: Checklist = existsSync(CONSISTENCY)
    ? readChecklist('data-consistency-fixes.md', readFileSync(CONSISTENCY))
    : {
        document: { path: '', title: '', bytes: 0, sha256: '', encoding: { repaired: 0, lost: 0 } },
        phases: [],
        items: [],
        triggers: [],
        troubleshooting: [],
      }
  const kindOf = (title: RegExp) => checklist.phases.find((phase) => title.test(phase.title))?.kind
  const itemsOf = (title: RegExp): Item[] => {
    const ids = new Set(checklist.phases.filter((phase) => title.test(phase.title)).map(({ id }) => id))
    return checklist.items.filter(({ phase }) => ids.has(phase))
  }

  it.each<[RegExp, string]>([
    [/^Production Readiness/, 'notes'],
    [/Overview$/, 'notes'],
    [/Environment Validation$/, 'readiness'],
    [/Database Preparation$/, 'readiness'],
    [/Dependencies Check$/, 'readiness'],
    [/^Phase 1/, 'readiness'],
    [/^Phase 2/, 'execute'],
    [/^Phase 3/, 'execute'],
    [/^Phase 4/, 'execute'],
    [/^Real-Time Monitoring/, 'verify'],
    [/^Alert Conditions/, 'triggers'],
    [/^Validation Commands/, 'verify'],
    [/^Automatic Rollback Triggers/, 'triggers'],
    [/^Manual Rollback/, 'rollback'],
    [/^Performance Benchmarks/, 'success'],
    [/^Emergency Contacts/, 'contacts'],
    [/^Emergency Rollback/, 'rollback'],
    [/^Immediate Post-Deployment/, 'verify'],
    [/^Deployment Report/, 'verify'],
    [/^Common Issues/, 'troubleshooting'],
    [/^Command Reference/, 'reference'],
    [/^Contact Information/, 'contacts'],
    [/^Success Declaration/, 'success'],
    [/Deployment Log Template$/, 'notes'],
  ])('%s is for %s', (title, kind) => expect(kindOf(title)).toBe(kind))

  it('anchors what follows the deployment', () => {
    const anchors = checklist.phases.flatMap(({ anchor }) => (anchor ? [[anchor.fromMs, anchor.toMs]] : []))
    const hour = 3_600_000
    expect(anchors).toEqual([
      [0, 2 * hour],
      [2 * hour, 24 * hour],
      [24 * hour, 168 * hour],
    ])
    expect(checklist.phases.find(({ title }) => title.startsWith('Emergency Rollback'))?.budgetMs).toBe(30_000)
  })

  it('runs its numbered commands in order', () => {
    const steps = itemsOf(/^Phase \d/).filter(({ commands }) => commands.length > 0)
    expect(steps.every(({ kind }) => kind === 'action')).toBe(true)
    expect(steps.map(({ text, commands }) => [text.split(' ')[0], commands[0]?.background])).toEqual([
      ['Initialize', false],
      ['Run', false],
      ['Create', false],
      ['Start', true],
      ['Initialize', true],
      ['Execute', false],
      ['Execute', false],
    ])
    expect(steps.map(({ line }) => line)).toEqual(steps.map(({ line }) => line).toSorted((a, b) => a - b))
    expect(itemsOf(/^Validation Commands/)[0]?.commands).toHaveLength(3)
    expect(itemsOf(/^Deployment Report/)[0]?.commands[0]?.script.split('\n')).toHaveLength(3)
  })

  it('never runs what is troubleshooting, reference or the way back', () => {
    const shown = itemsOf(/^(?:Common Issues|Log Analysis|Command Reference|Manual Rollback|Emergency Rollback)/)
    const commands = shown.filter((item) => item.commands.length > 0)
    expect(commands.length).toBeGreaterThanOrEqual(8)
    expect(commands.every(({ kind }) => kind === 'reference')).toBe(true)
    const scripts = commands.flatMap((item) => item.commands)
    expect(scripts.filter(({ endless }) => endless).map(({ script }) => script.startsWith('tail -f'))).toEqual([true])
    expect(scripts.filter(({ destructive }) => destructive).map(({ script }) => script.startsWith('pkill'))).toEqual([
      true,
    ])
    expect(scripts.find(({ script }) => script.includes('skip-validation'))?.script.split('\n')).toHaveLength(4)
  })

  it('reads its five canary stages', () => {
    const stages = readStages(checklist.items).map(({ stage }) => [stage.weight, stage.durationMs / 60_000])
    expect(stages).toEqual([
      [1, 5],
      [10, 15],
      [25, 30],
      [50, 60],
      [100, 60],
    ])
  })

  it('gates the canary by regression and error rate against the baseline', () => {
    const bounds = itemsOf(/^Phase 3/).flatMap(({ thresholds }) => thresholds.filter(({ relativeTo }) => relativeTo))
    expect(bounds.map(({ operator, value, unit, relativeTo }) => [operator, value, unit, relativeTo])).toEqual([
      ['<', 10, 'percent', 'baseline'],
      ['<', 5, 'percent', 'baseline'],
    ])
  })

  it('rolls back on its five triggers, each with its figure', () => {
    expect(checklist.triggers.map(({ severity }) => severity)).toEqual(Array(5).fill('immediate'))
    const rules = checklist.triggers.map(({ thresholds }) =>
      thresholds.map(({ operator, value, unit, consecutive }) => [operator, value, unit, consecutive]),
    )
    expect(rules).toEqual([
      [['>=', 5, 'count', 5]],
      [['>', 50, 'percent', null]],
      [['>', 10_000, 'ms', null]],
      [['>', 95, 'percent', null]],
      [],
    ])
    const items = checklist.items.filter(({ kind }) => kind === 'trigger')
    expect(items.map(({ id }) => id)).toEqual(checklist.triggers.map(({ item }) => item))
    expect(items.every(({ polarity }) => polarity === 'bad-state')).toBe(true)
  })

  it('watches its metrics as good states and its alerts as bad ones', () => {
    const metrics = itemsOf(/^Real-Time Monitoring/).flatMap(({ polarity, thresholds }) =>
      thresholds.map(({ aggregate, operator, value, unit }) => [polarity, aggregate, operator, value, unit]),
    )
    expect(metrics).toEqual([
      ['good', 'avg', '<', 1000, 'ms'],
      ['good', 'p95', '<', 2000, 'ms'],
      ['good', null, '<', 1, 'percent'],
      ['good', null, '<', 5, 'percent'],
      ['good', null, '<', 80, 'percent'],
      ['good', null, '<', 70, 'percent'],
      ['good', null, '<', 80, 'percent'],
      ['good', null, '==', 0, 'count'],
      ['good', null, '==', 0, 'count'],
      ['good', null, '<', 5, 'count'],
      ['good', null, '<', 10, 'count'],
      ['good', null, '<', 5, 'count'],
      ['good', null, '>', 95, 'percent'],
    ])
    const alerts = itemsOf(/^Alert Conditions/)
    expect(alerts).toHaveLength(9)
    expect(alerts.every(({ kind, polarity }) => kind === 'watch' && polarity === 'bad-state')).toBe(true)
  })

  it('asks its four signatories and the approver of the canary', () => {
    expect(itemsOf(/^Deployment Completion/).filter(({ kind }) => kind === 'poll')).toHaveLength(4)
    expect(itemsOf(/^Phase 3/).filter(({ kind }) => kind === 'poll')).toHaveLength(1)
  })

  it('fills its log line by line', () => {
    const records = itemsOf(/Deployment Log Template$/)
    expect(records.every(({ kind }) => kind === 'record')).toBe(true)
    expect(records.filter(({ box }) => box)).toHaveLength(7)
    expect(records.flatMap(({ blanks }) => blanks)).toHaveLength(18)
    expect(records.find(({ text }) => text === 'NOTES')?.blanks).toHaveLength(3)
  })

  it('leaves nothing qualitative with a number', () => {
    const words = checklist.items.flatMap(({ thresholds }) => thresholds).filter(({ value }) => value === null)
    expect(words.map(({ text }) => /\d/.test(text))).toEqual(words.map(() => false))
    expect(words.length).toBeGreaterThanOrEqual(6)
  })
})

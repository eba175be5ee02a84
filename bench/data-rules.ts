// npm run bench -- data-rules: the eight reference rules by SQL, against one scan of the same file and against one obvious query a rule.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rules as kinds } from '../src/catalog/rules.ts'
import type { Rule, RuleKind } from '../src/consistency/rule.ts'
import { validate } from '../src/consistency/validate.ts'
import type { Database, Row } from '../src/databases/database.ts'
import { sqlite } from '../src/databases/sqlite.ts'
import { createDataset, type Planted } from './data/dataset.ts'
import { median, type Bench, type BenchOptions, type Measure } from './result.ts'

const ROUNDS = 3
/** An obvious query that is not done by then is counted as having taken so long. */
const OBVIOUS_MAX_MS = 60_000
const RUN_MAX_MS = 3_600_000

/** One column of each table: what reading everything once costs. */
const SCAN =
  'SELECT (SELECT sum(id) FROM entities), (SELECT sum(confidence) FROM relationships), (SELECT sum(weight) FROM evidence)'

interface Reference {
  kind: string
  options: unknown
  /** What a person writes who knows SQL and not this table's size. */
  obvious: string
}

const noRow = (child: string, column: string, parent: string): string =>
  `SELECT count(*) AS n FROM ${child} AS c WHERE NOT EXISTS (SELECT 1 FROM ${parent} AS p WHERE p.id = c.${column})`

const REFERENCE: Record<keyof Planted, Reference> = {
  'source-exists': {
    kind: 'reference',
    options: { column: 'relationships.source_id', references: 'entities.id' },
    obvious: noRow('relationships', 'source_id', 'entities'),
  },
  'target-exists': {
    kind: 'reference',
    options: { column: 'relationships.target_id', references: 'entities.id' },
    obvious: 'SELECT count(*) AS n FROM relationships WHERE target_id NOT IN (SELECT id FROM entities)',
  },
  'evidence-has-relationship': {
    kind: 'reference',
    options: { column: 'evidence.relationship_id', references: 'relationships.id' },
    obvious: noRow('evidence', 'relationship_id', 'relationships'),
  },
  'confidence-in-range': {
    kind: 'range',
    options: { column: 'relationships.confidence', from: 0, to: 1 },
    obvious: 'SELECT count(*) AS n FROM relationships WHERE confidence NOT BETWEEN 0 AND 1',
  },
  'weight-in-range': {
    kind: 'range',
    options: { column: 'evidence.weight', from: 0, to: 1 },
    obvious: 'SELECT count(*) AS n FROM evidence WHERE weight NOT BETWEEN 0 AND 1',
  },
  'relationship-has-evidence': {
    kind: 'requires-child',
    options: { column: 'relationships.id', child: 'evidence.relationship_id' },
    obvious:
      'SELECT count(*) AS n FROM relationships AS r WHERE NOT EXISTS (SELECT 1 FROM evidence AS e WHERE e.relationship_id = r.id)',
  },
  'confidence-is-noisy-or': {
    kind: 'aggregate-equals',
    options: {
      column: 'relationships.confidence',
      aggregate: 'noisy-or',
      of: 'evidence.weight',
      by: 'evidence.relationship_id',
      tolerance: 0.05,
    },
    obvious: `SELECT count(*) AS n FROM relationships AS r WHERE abs(r.confidence - (
      SELECT 1 - exp(sum(ln(1 - e.weight))) FROM evidence AS e WHERE e.relationship_id = r.id)) > 0.05`,
  },
  'semantic-id-is-unique': {
    kind: 'duplicate-groups',
    options: { column: 'relationships.semantic_id' },
    obvious: `SELECT count(*) AS n FROM (SELECT a.semantic_id FROM relationships AS a JOIN relationships AS b
      ON b.semantic_id = a.semantic_id AND b.id <> a.id GROUP BY a.semantic_id)`,
  },
}

const RULES: Rule[] = Object.entries(REFERENCE).map(([name, { kind: id, options }]) => {
  const kind = kinds.find((one) => one.id === id) as RuleKind | undefined
  if (!kind) throw new Error(`no rule kind ${id}`)
  return {
    name,
    kind,
    options: kind.options.parse(options),
    database: 'reference',
    max: 0,
    severity: 'error',
    fix: null,
  }
})

export const bench: Bench = {
  name: 'data-rules',
  summary: 'eight consistency rules by SQL, against one scan and against one obvious query a rule',
  async run(options) {
    const directory = mkdtempSync(join(tmpdir(), 'gonogo-bench-rules-'))
    const size = options.quick ? 0.05 : 1
    const notes = [`${size} of 1M entities, 10M relationships, 12M evidence rows`]
    try {
      const measures: Measure[] = []
      for (const indexes of [false, true]) {
        const file = join(directory, `indexes-${indexes}.db`)
        options.progress(`making the database ${indexes ? 'with' : 'without'} indexes`)
        const { planted } = createDataset(file, { size, indexes })
        const database = sqlite.create(sqlite.options.parse({ path: file }), { directory })
        measures.push(
          ...(await measureOne(database, planted, indexes ? 'with indexes' : 'without indexes', options, notes)),
        )
        rmSync(file)
      }
      return { measures, notes }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

async function measureOne(
  database: Database,
  planted: Planted,
  where: string,
  options: BenchOptions,
  notes: string[],
): Promise<Measure[]> {
  const times = { scan: [] as number[], one: [] as number[], two: [] as number[] }
  await scanMs(database)
  for (let round = 0; round < ROUNDS; round++) {
    options.progress(`${where}: round ${round + 1} of ${ROUNDS}`)
    times.scan.push(await scanMs(database))
    times.one.push(await rulesMs(database, planted, 1))
    times.two.push(await rulesMs(database, planted, 2))
  }
  const obvious = await obviousMs(database, where, options, notes)
  const scan = { name: 'warm scan', measured: median(times.scan) / 1000 }
  const paired = (mine: readonly number[]): number =>
    median(mine.map((ms, round) => ms / (times.scan[round] ?? Number.NaN)))
  const two = median(times.two) / 1000
  return [
    {
      what: `8 rules, 1 session, ${where}`,
      measured: median(times.one) / 1000,
      unit: 's',
      peer: scan,
      pairedRatio: paired(times.one),
    },
    {
      what: `8 rules, 2 sessions, ${where}`,
      measured: two,
      unit: 's',
      peer: scan,
      pairedRatio: paired(times.two),
      target: { atMost: 5 },
    },
    {
      what: `8 obvious queries, ${where}`,
      measured: obvious / 1000,
      unit: 's',
      peer: { name: 'our rules', measured: two },
      target: { atLeast: 8 },
    },
  ]
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function ask(
  database: Database,
  query: string,
  timeoutMs: number,
  done: (ms: number, rows: Row[]) => void,
): Promise<void> {
  return database.snapshot(1, AbortSignal.timeout(timeoutMs), async ({ sessions: [session] }) => {
    let rows: Row[] = []
    // Without the start of the session's process: what is compared is the reading.
    const ms = await timed(async () => (rows = (await session?.all({ sql: query, parameters: [] })) ?? []))
    done(ms, rows)
  })
}

async function scanMs(database: Database): Promise<number> {
  let took = Number.NaN
  await ask(database, SCAN, RUN_MAX_MS, (ms) => (took = ms))
  return took
}

/** The whole validation, processes and all. A wrong count ends the bench. */
async function rulesMs(database: Database, planted: Planted, workers: number): Promise<number> {
  const signal = AbortSignal.timeout(RUN_MAX_MS)
  return await timed(async () => {
    const { results } = await validate(database, RULES, { signal, workers, way: 'sql' })
    for (const { rule, count, problem } of results)
      if (count !== planted[rule as keyof Planted])
        throw new Error(`${rule}: ${count} violations instead of ${planted[rule as keyof Planted]} (${problem})`)
  })
}

async function obviousMs(
  database: Database,
  where: string,
  { progress }: BenchOptions,
  notes: string[],
): Promise<number> {
  let total = 0
  for (const [rule, { obvious }] of Object.entries(REFERENCE)) {
    progress(`${where}: obvious query for ${rule}`)
    const began = performance.now()
    try {
      await ask(database, obvious, OBVIOUS_MAX_MS, (ms) => (total += ms))
    } catch (error) {
      // Only what was stopped for its time counts as slow: what failed is no measure of anything.
      if (performance.now() - began < OBVIOUS_MAX_MS) throw error
      total += OBVIOUS_MAX_MS
      notes.push(
        `the obvious query for ${rule} was stopped after ${OBVIOUS_MAX_MS / 1000} s and counts as that, ${where}`,
      )
    }
  }
  return total
}

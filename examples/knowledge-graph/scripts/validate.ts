// Judges the graph: node scripts/validate.ts [--full-check | --pre-check [--sample N] | --validate-only | --performance-test]
// Exit code 0 as wanted, 1 not, 2 could not be run, 3 could not be told.
import { parseArgs } from 'node:util'
import { exitCodeOf, formatJudgements, type Judgement } from '../consistency/judgement.ts'
import { testPerformance } from '../consistency/performance.ts'
import { preCheck, sampleCheck } from '../consistency/pre-check.ts'
import { judgeIntegrity, judgeMetrics, judgeSchema, measure } from '../consistency/validate.ts'
import { openDatabase } from '../src/database.ts'
import { DEFAULT_DATABASE, runScript, wholeNumber } from './script.ts'

const MODES = ['full-check', 'pre-check', 'validate-only', 'performance-test'] as const

runScript(() => {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: DEFAULT_DATABASE },
      'full-check': { type: 'boolean' },
      'pre-check': { type: 'boolean' },
      'validate-only': { type: 'boolean' },
      'performance-test': { type: 'boolean' },
      sample: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const chosen = MODES.filter((mode) => values[mode])
  if (chosen.length > 1) throw new Error(`--${chosen.join(' and --')} exclude each other`)
  const mode = chosen[0] ?? 'full-check'
  if (values.sample !== undefined && mode !== 'pre-check') throw new Error('--sample goes with --pre-check')
  const startedAt = performance.now()
  const judgements = judge(mode, values.database, values.sample)
  const durationMs = Math.round(performance.now() - startedAt)
  const exitCode = exitCodeOf(judgements)
  const verdict = exitCode === 0 ? 'passed' : exitCode === 1 ? 'failed' : 'unverified'
  if (values.json) console.log(JSON.stringify({ check: mode, verdict, durationMs, judgements }, null, 2))
  else console.log(`${formatJudgements(judgements)}\n${mode}: ${verdict} in ${durationMs} ms`)
  return exitCode
})

function judge(mode: (typeof MODES)[number], path: string, sample: string | undefined): Judgement[] {
  if (mode === 'performance-test') return testPerformance(path)
  if (mode === 'pre-check')
    return sample === undefined ? preCheck(path) : sampleCheck(path, wholeNumber('sample', sample))
  using database = openDatabase(path, { readOnly: true })
  const basics = mode === 'full-check' ? [judgeIntegrity(database, 'integrity_check'), judgeSchema(database)] : []
  // A damaged file cannot be measured: what could not be counted is not reported as zero.
  return basics.some((judgement) => judgement.ok !== true) ? basics : [...basics, ...judgeMetrics(measure(database))]
}

// Fixes the graph or takes a fix back: node scripts/fix.ts [--dry-run | --undo [--fix N]] [--json] [--database PATH]
import { parseArgs } from 'node:util'
import { fixGraph, undoFix } from '../consistency/fix.ts'
import { exitCodeOf, formatJudgements } from '../consistency/judgement.ts'
import { openDatabase } from '../src/database.ts'
import { DEFAULT_DATABASE, runScript, wholeNumber } from './script.ts'

runScript(() => {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: DEFAULT_DATABASE },
      'dry-run': { type: 'boolean', default: false },
      undo: { type: 'boolean', default: false },
      fix: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.undo && values['dry-run']) throw new Error('--undo and --dry-run exclude each other')
  if (values.fix !== undefined && !values.undo) throw new Error('--fix goes with --undo')
  const number = values.fix === undefined ? null : wholeNumber('fix', values.fix)
  return values.undo ? undo(values.database, number, values.json) : fix(values.database, values['dry-run'], values.json)
})

/** Exit code 1 when a threshold would stay broken (dry run); a real fix then changes nothing and ends with 2. */
function fix(path: string, dryRun: boolean, json: boolean): number {
  using database = openDatabase(path)
  const startedAt = performance.now()
  const result = fixGraph(database, { dryRun, now: Date.now() })
  const durationMs = Math.round(performance.now() - startedAt)
  if (json) console.log(JSON.stringify({ dryRun, durationMs, ...result }, null, 2))
  else {
    const { orphansDeleted, duplicatesMerged, markedUnsourced, confidencesCorrected } = result.changes
    console.log(
      `${orphansDeleted} orphans deleted, ${duplicatesMerged} duplicates merged, ${markedUnsourced} marked unsourced,`,
    )
    console.log(`${confidencesCorrected} confidences corrected, in ${durationMs} ms`)
    if (dryRun) console.log('dry run: nothing was changed')
    else console.log(result.fix === null ? 'nothing to fix' : `fix ${result.fix}; undo with --undo --fix ${result.fix}`)
    console.log(formatJudgements(result.judgements))
  }
  return exitCodeOf(result.judgements)
}

/** Exit code 1 when rows were edited since and therefore left as they are. */
function undo(path: string, number: number | null, json: boolean): number {
  using database = openDatabase(path)
  const result = undoFix(database, { fix: number, now: Date.now() })
  if (json) console.log(JSON.stringify(result, null, 2))
  else
    console.log(
      `fix ${result.fix} undone: ${result.restored} rows restored, ${result.conflicts} left because they were edited since`,
    )
  return result.conflicts === 0 ? 0 : 1
}

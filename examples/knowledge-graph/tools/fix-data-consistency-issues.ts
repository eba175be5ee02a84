// Repairs the graph by the rules of gonogo.yaml, in one transaction that can be undone: gonogo does it.
import { askGonogo, runGonogo } from './context.ts'
import { runTool, type ToolSpec } from './options.ts'

const SPEC: ToolSpec = {
  name: 'fix-data-consistency-issues',
  about: 'repairs orphans, duplicates, missing evidence and wrong confidences',
  options: {
    environment: { type: 'text', about: 'for the record; the database is that of gonogo.yaml' },
    'dry-run': { type: 'mode', about: 'do all of it and take it back' },
    'validate-only': { type: 'mode', about: 'count what is wrong, change nothing' },
    undo: { type: 'mode', about: 'take the newest fix back' },
  },
}

export function run(argv: readonly string[]): Promise<number> {
  return runTool(SPEC, argv, ({ mode }) => {
    if (mode === 'validate-only') return runGonogo('data', 'validate', 'graph')
    if (mode === 'undo') return undoNewest()
    return runGonogo('data', 'fix', 'graph', mode === 'dry-run' ? '--dry-run' : '--yes')
  })
}

async function undoNewest(): Promise<number> {
  const runs = JSON.parse(await askGonogo('data', 'runs', 'graph', '--format', 'json')) as {
    run: number
    state: string
  }[]
  const newest = runs.findLast(({ state }) => state !== 'undone')
  if (!newest) throw new Error('there is no fix to undo')
  return runGonogo('data', 'undo', String(newest.run), '--database', 'graph')
}

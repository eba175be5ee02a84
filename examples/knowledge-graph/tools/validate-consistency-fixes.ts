// Judges the graph by the rules of gonogo.yaml: gonogo does it.
import { runGonogo, runScriptFile } from './context.ts'
import { runTool, type ToolSpec } from './options.ts'

const SPEC: ToolSpec = {
  name: 'validate-consistency-fixes',
  about: 'judges the graph; a full check unless told otherwise',
  options: {
    environment: { type: 'text', about: 'for the record; the database is that of gonogo.yaml' },
    'pre-check': { type: 'mode', about: 'what is wrong in a sample, and would the fixes bring it in?' },
    'full-check': { type: 'mode', about: 'integrity, foreign keys and every rule, exactly' },
    'validate-only': { type: 'mode', about: 'every rule, exactly' },
    'performance-test': { type: 'mode', about: 'rates of reading, checking and writing' },
  },
}

/** Exit code of what could not be run at all. */
const CANNOT = 2

export function run(argv: readonly string[]): Promise<number> {
  return runTool(SPEC, argv, async ({ mode }) => {
    if (mode === 'pre-check') return preCheck()
    if (mode === 'validate-only') return runGonogo('data', 'validate', 'graph')
    if (mode === 'performance-test') return testPerformance()
    return runGonogo('data', 'validate', 'graph', '--full-check')
  })
}

/** Violations that are there now are no failure: they are what the release is for. The rehearsed fix must bring every rule in. */
async function preCheck(): Promise<number> {
  const sampled = await runGonogo('data', 'validate', 'graph', '--pre-check')
  return sampled === CANNOT ? CANNOT : runGonogo('data', 'fix', 'graph', '--dry-run')
}

/** How fast gonogo judges the graph, and how fast the service queries and writes it. */
async function testPerformance(): Promise<number> {
  const judging = await runGonogo('data', 'validate', 'graph', '--performance-test')
  const serving = await runScriptFile('performance.ts')
  return judging === 0 ? serving : judging
}

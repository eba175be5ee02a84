// Judges the graph by the thresholds of the checklist.
import { runScriptFile } from './context.ts'
import { runTool, type ToolSpec } from './options.ts'

const SPEC: ToolSpec = {
  name: 'validate-consistency-fixes',
  about: 'judges the graph; a full check unless told otherwise',
  options: {
    environment: { type: 'text', about: 'for the record; the database is that of DATABASE_PATH' },
    'pre-check': { type: 'mode', about: 'sound, of a known schema, and the fix works on a copy?' },
    'full-check': { type: 'mode', about: 'integrity, schema and every threshold, exactly' },
    'validate-only': { type: 'mode', about: 'every threshold, exactly' },
    'performance-test': { type: 'mode', about: 'rates of reading, checking and writing' },
  },
}

export function run(argv: readonly string[]): Promise<number> {
  return runTool(SPEC, argv, ({ mode }) => runScriptFile('validate.ts', `--${mode ?? 'full-check'}`))
}

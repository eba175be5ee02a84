// Repairs the graph, in one transaction that can be undone.
import { runScriptFile } from './context.ts'
import { runTool, type ToolSpec } from './options.ts'

const SPEC: ToolSpec = {
  name: 'fix-data-consistency-issues',
  about: 'repairs orphans, duplicates, missing evidence and wrong confidences',
  options: {
    environment: { type: 'text', about: 'for the record; the database is that of DATABASE_PATH' },
    'dry-run': { type: 'mode', about: 'do all of it and take it back' },
    'validate-only': { type: 'mode', about: 'count what is wrong, change nothing' },
    undo: { type: 'mode', about: 'take the newest fix back' },
  },
}

export function run(argv: readonly string[]): Promise<number> {
  return runTool(SPEC, argv, ({ mode }) => {
    if (mode === 'validate-only') return runScriptFile('validate.ts', '--validate-only')
    return runScriptFile('fix.ts', ...(mode === null ? [] : [`--${mode}`]))
  })
}

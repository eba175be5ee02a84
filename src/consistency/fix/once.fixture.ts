// A process to be killed: `once.fixture.ts fix|undo transaction|chunks FILE RUN|- CHUNK_MS` repairs a graph as `GRAPH_RULES` say, or takes it back.
import { sqlite } from '../../databases/sqlite.ts'
import { undoFixes } from '../undo/undo-fixes.ts'
import { applyFixes } from './apply-fixes.ts'
import { fixKinds } from './fixing.fixture.ts'
import { GRAPH_RULES } from './graph.fixture.ts'

const [what, mode, file = '', run = '', chunkMs = '100'] = process.argv.slice(2)
const database = sqlite.create(sqlite.options.parse({ path: file }), { directory: '/' })
const options = {
  signal: AbortSignal.timeout(600_000),
  mode: mode === 'chunks' ? 'chunks' : 'transaction',
  chunkMs: Number(chunkMs),
} as const
process.stdout.write('begun\n')
const report =
  what === 'fix'
    ? await applyFixes(database, GRAPH_RULES, {
        ...options,
        kinds: fixKinds,
        ...(run === '-' ? {} : { resume: Number(run) }),
      })
    : await undoFixes(database, Number(run), { ...options, rules: GRAPH_RULES })
process.stdout.write(`${JSON.stringify(report)}\n`)

// Program: compacts a recording, beside the process that samples. argv: path of the recording, Retention as JSON.
import { setPriority } from 'node:os'
import { compact } from './compaction.ts'
import type { Retention } from './thinning.ts'

const LOW_PRIORITY = 10

const [recording = '', retention = ''] = process.argv.slice(2)
try {
  setPriority(LOW_PRIORITY)
} catch {
  // Then it competes with the others.
}
await compact(recording, JSON.parse(retention) as Retention)

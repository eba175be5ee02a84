// Entry of the scanning process: one task by message, progress and one answer back. Ends when its owner is gone.
// A process of its own because closing a file drops every lock that its process has on it, those of SQLite too.
import { OutsideError } from '../../../lib/errors.ts'
import type { ScanAnswer, ScanTask } from './messages.ts'
import { scan } from './scan.ts'

process.once('message', (task: ScanTask) => {
  void answer(task).then((found) => process.send?.(found, () => process.exit(0)))
})
process.once('disconnect', () => process.exit(0))

async function answer(task: ScanTask): Promise<ScanAnswer> {
  const tell = (said: ScanAnswer) => void process.send?.(said)
  try {
    const found = await scan(task, (rowsDone, rowsTotal) => tell({ type: 'progress', rowsDone, rowsTotal }))
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    return { type: 'found', found, usage: { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 } }
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    return { type: 'problem', problem: { message: error.message, hint: error.hint, retryable: error.retryable } }
  }
}

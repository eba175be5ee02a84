// One thread of a load: says that it is ready, is told the moment to begin, sends its part, gives what it saw.
import { parentPort, workerData } from 'node:worker_threads'
import { generate, type Part, type Workload } from './generator.ts'

const { workload, part } = workerData as { workload: Workload; part: Part }

parentPort?.once('message', (startAtNanos: bigint) => {
  const startMs = performance.now() + Number(startAtNanos - process.hrtime.bigint()) / 1e6
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  void generate(workload, part, startMs).then((tally) => parentPort?.postMessage(tally))
})
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
parentPort?.postMessage('ready')

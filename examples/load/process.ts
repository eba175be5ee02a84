// The load generator's own process: started by `startLoad`, told what to do by messages, gone when its parent is.
import { runLoad } from './load.ts'
import type { LoadMessage, LoadReply } from './load.ts'
import { LoadTally } from './tally.ts'

const stopping = new AbortController()
const tally = new LoadTally()

process.on('message', (message) => {
  const { type, ...rest } = message as LoadMessage
  if (type === 'stop') stopping.abort()
  else if (type === 'progress') tell({ type: 'progress', result: tally.result() })
  else if ('options' in rest) {
    void runLoad(rest.options, stopping.signal, tally).then((result) => tell({ type: 'finished', result }))
  }
})
process.once('disconnect', () => process.exit(0))

function tell(reply: LoadReply): void {
  if (process.connected) process.send?.(reply)
}

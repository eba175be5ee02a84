// The clients' own process: told what to do by messages, gone when its parent is.
import { Crowd } from './crowd.ts'
import type { ClientsMessage, ClientsReply } from './clients.ts'
import { Tally } from './seen.ts'

const tally = new Tally()
let crowd: Crowd | null = null

process.on('message', (message: ClientsMessage) => {
  if (message.type === 'start') {
    crowd = new Crowd(message.options, tally)
    void crowd
      .run()
      .then(() => tell({ type: 'ended', requests: tally.all, failed: tally.seen.failed, seen: tally.seen }))
  } else if (message.type === 'stop') crowd?.stop()
  else if (message.type === 'pause') crowd?.pause()
  else if (message.type === 'go-on') crowd?.goOn()
  else {
    const seen = message.type === 'all' ? tally.seen : null
    tell({ type: 'progress', requests: tally.all, failed: tally.seen.failed, seen })
  }
})
process.once('disconnect', () => process.exit(0))

function tell(reply: ClientsReply): void {
  if (process.connected) process.send?.(reply)
}

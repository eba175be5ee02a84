// Entry of the proxy's processes: `main.ts DIRECTORY [ROLE]`. Without a role it starts the proxy of that directory, by hand.
// Roles: `keep` and `succeed` are keepers, `work` and `take-over` their workers. Each is loaded only where it is played.
import { resolve } from 'node:path'

const [directory = '.', role] = process.argv.slice(2)
const script = process.argv[1] ?? ''
// Everything these processes make is for its owner alone: sockets, state, logs.
process.umask(0o077)

if (role === 'keep' || role === 'succeed') {
  const { keep } = await import('./keeper.ts')
  keep({ script, directory: resolve(directory), first: role === 'keep' ? 'work' : 'take-over' })
} else if (role === 'work' || role === 'take-over') {
  const { comeUp } = await import('./coming-up.ts')
  await comeUp(resolve(directory), role)
} else {
  const { startByHand } = await import('./starting.ts')
  process.exitCode = await startByHand(resolve(directory))
}

// Entry of the supervisor: `supervisor.ts DIRECTORY`, the directory of one version (`layout.ts`). It outlives the conductor, keeps the
// instances running until it gets SIGTERM, and when it is killed itself leaves them running, to be adopted by its successor.
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { pause } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { identify } from '../../lib/process-identity.ts'
import { writeIdentity } from './identity-file.ts'
import { createInstance, type Instance } from './instance.ts'
import { identityFile, instanceLog, layoutOf, type Layout } from './layout.ts'
import { tryLock } from '../lock.ts'
import { rotateLog } from '../log-file.ts'
import { endGroups } from './process-groups.ts'
import { countWanted, readJson, type Spec, type State } from './spec.ts'

const TICK_MS = 50
const ROTATE_EVERY_TICKS = 1200

const directory = process.argv[2] ?? ''
const layout = layoutOf(dirname(directory), decodeURIComponent(basename(directory)))
const spec = readJson<Spec>(layout.spec)
if (!spec) throw new Error(`no ${layout.spec}`)
const lock = tryLock(layout.supervisorLock)
if (lock) {
  await supervise(layout, spec)
  lock.release()
} else {
  console.log('another supervisor is at work')
}

async function supervise(places: Layout, what: Spec): Promise<void> {
  const told = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => told.abort())
  process.on('SIGHUP', () => {})
  const self = identify(process.pid)
  if (self) writeIdentity(places.supervisor, self)

  const { signal } = told
  const supervision = { spec: what, layout: places, signal, onChange: () => writeState(places, what, instances) }
  const instances = what.ports.map((_, index) => createInstance(supervision, index + 1))
  const logs = what.ports.map((_, index) => instanceLog(places, index + 1))
  supervision.onChange()
  let wantedBefore = countWanted(places.count, what)
  for (let tick = 0; !signal.aborted && existsSync(places.spec); tick++) {
    const isHeld = existsSync(places.hold)
    const wanted = countWanted(places.count, what)
    if (wanted !== wantedBefore) supervision.onChange()
    wantedBefore = wanted
    // A full disk or a lack of handles must not end the supervision: the next tick tries again.
    const tended = await Promise.allSettled(instances.map((instance, index) => instance.tend(isHeld, index < wanted)))
    for (const result of tended) if (result.status === 'rejected') console.error(messageOf(result.reason))
    if (tick % ROTATE_EVERY_TICKS === 0) for (const file of logs) rotateLog(file)
    await pause(TICK_MS, signal)
  }
  await stopAll(places, what, instances)
}

async function stopAll(places: Layout, what: Spec, instances: readonly Instance[]): Promise<void> {
  const running = instances.map(({ report }) => report.identity).filter((identity) => identity !== null)
  await endGroups(running, what.stop)
  if (!existsSync(places.directory)) return
  what.ports.forEach((_, index) => rmSync(identityFile(places, index + 1), { force: true }))
  for (const file of [places.ready, places.state, places.supervisor, places.count]) rmSync(file, { force: true })
}

function writeState(places: Layout, what: Spec, instances: readonly Instance[]): void {
  if (!existsSync(places.spec)) return
  const state: State = { instances: instances.map(({ report }) => report) }
  writeFileAtomic(places.state, JSON.stringify(state))
  const isReady = instances.slice(0, countWanted(places.count, what)).every(({ report }) => report.healthy)
  if (isReady !== existsSync(places.ready)) {
    if (isReady) writeFileSync(places.ready, '')
    else rmSync(places.ready, { force: true })
  }
}

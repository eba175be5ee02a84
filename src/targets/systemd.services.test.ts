// Documented answers only: a `systemctl` of ours that starts real servers stands in for systemd, which cannot be had in a test.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { describeTargetBeside, describeTargetInPlace } from '../../test/contracts/target-contract.ts'
import { freePort } from '../../test/servers/free-port.ts'
import { WITHOUT_PROGRAMS } from '../../test/servers/fake-program.ts'
import { quoteWord } from '../lib/shell.ts'
import { ask, SERVER } from './serving.fixture.ts'
import { systemd } from './systemd.ts'
import type { Target } from './target.ts'

const signal = (): AbortSignal => AbortSignal.timeout(60_000)

/** Units are shell scripts in a folder; what runs is known by a file with its process id. Says what systemd says, where it is documented. */
const SYSTEMCTL = `#!/bin/sh
units=UNITS
verb=$1; shift
while [ $# -gt 0 ]; do case "$1" in --) shift; break ;; -*) shift ;; *) break ;; esac; done
alive() { [ -f "$units/$1.pid" ] && read -r state < "/proc/$(cat "$units/$1.pid")/stat" 2>/dev/null && case "$state" in *') Z '*) false ;; esac; }
stop() { if alive "$1"; then kill -9 "$(cat "$units/$1.pid")"; while alive "$1"; do sleep 0.01; done; fi; rm -f "$units/$1.pid"; }
start() {
  alive "$1" && return
  [ -f "$units/$1" ] || { echo "Failed to start $1: Unit $1 not found." >&2; exit 5; }
  sh "$units/$1" > "$units/$1.log" 2>&1 &
  echo $! > "$units/$1.pid"
}
first=yes
for unit; do
  case "$verb" in
    start) start "$unit" ;;
    stop) stop "$unit" ;;
    restart) stop "$unit"; start "$unit" ;;
    show)
      [ "$first" = yes ] || echo
      first=no
      [ -f "$units/$unit" ] && load=loaded || load=not-found
      if alive "$unit"; then active=active pid=$(cat "$units/$unit.pid")
      elif [ -f "$units/$unit.pid" ]; then active=failed pid=0
      else active=inactive pid=0; fi
      printf 'Id=%s\\nLoadState=%s\\nActiveState=%s\\nSubState=x\\nResult=success\\nNRestarts=0\\nMainPID=%s\\nActiveEnterTimestampMonotonic=1\\n' "$unit" $load $active $pid ;;
    reset-failed) alive "$unit" || rm -f "$units/$unit.pid" ;;
  esac
done
`
const JOURNALCTL = `#!/bin/sh
for unit; do :; done
units=UNITS
cat "$units/\${unit#--unit=}.log"
`

interface Machine {
  directory: string
  env: Record<string, string>
  unit(name: string, script: string): void
  target(options: Record<string, unknown>, env?: Record<string, string>): Target
}

const machines: string[] = []
afterAll(() => {
  for (const directory of machines) {
    const pids = readdirSync(join(directory, 'units')).filter((name) => name.endsWith('.pid'))
    for (const file of pids) {
      try {
        process.kill(Number(readFileSync(join(directory, 'units', file), 'utf8')), 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
    rmSync(directory, { recursive: true, force: true })
  }
})

function machine(): Machine {
  const directory = mkdtempSync(join(tmpdir(), "gonogo unit's-"))
  machines.push(directory)
  const units = join(directory, 'units')
  for (const folder of ['units', 'bin']) mkdirSync(join(directory, folder))
  writeFileSync(join(directory, 'server.cjs'), SERVER)
  for (const [name, script] of Object.entries({ systemctl: SYSTEMCTL, journalctl: JOURNALCTL })) {
    writeFileSync(
      join(directory, 'bin', name),
      script.replaceAll('UNITS', () => quoteWord(units)),
    )
    chmodSync(join(directory, 'bin', name), 0o755)
  }
  const env = { PATH: `${join(directory, 'bin')}:/usr/bin:/bin` }
  return {
    directory,
    env,
    unit: (name, script) => writeFileSync(join(units, name), script),
    target: (options, other = env) =>
      systemd.create(
        systemd.options.parse({ health: { intervalMs: 20, startTimeoutMs: 10_000 }, settleMs: 1, ...options }),
        { name: 'app', directory, stateDirectory: join(directory, '.gonogo'), env: other },
      ),
  }
}

const serve = (directory: string, environment: string): string =>
  `set -a\n. ${quoteWord(join(directory, environment))}\nexec ${quoteWord(process.execPath)} ${quoteWord(join(directory, 'server.cjs'))}\n`

describe('beside, by slots', () => {
  const slots = async (health = {}): Promise<{ place: Machine; target: Target }> => {
    const place = machine()
    for (const slot of ['blue', 'green']) place.unit(`web-${slot}.service`, serve(place.directory, `${slot}.env`))
    const ports = { blue: await freePort(), green: await freePort() }
    const target = place.target({ unit: 'web-{slot}', ports, environmentFile: '{slot}.env', ...health })
    return { place, target }
  }

  describeTargetBeside(async () => {
    const { place, target } = await slots()
    const portOf = async (version: string): Promise<number> => (await target.current())[version]?.[0]?.backend.port ?? 0
    return { target, env: place.env, serves: async (version) => (await ask(await portOf(version))) === version }
  })

  it('refuses a third version, and gives the slot of one that runs no more', async () => {
    const { target } = await slots()
    await target.prepare('v1', signal())
    await target.prepare('v2', signal())
    await expect(target.prepare('v3', signal())).rejects.toThrow('both slots are taken: blue by v1, green by v2')
    process.kill((await target.current()).v1?.[0]?.pid ?? 0, 'SIGKILL')
    await expect.poll(async () => (await target.ready('v1')).healthy).toBe(0)
    expect(await target.prepare('v3', signal())).toHaveLength(1)
    expect(Object.keys(await target.current()).toSorted()).toEqual(['v2', 'v3'])
  })

  it('takes down again what does not come up, with the last lines of its journal', async () => {
    const { place, target } = await slots({ health: { intervalMs: 20, startTimeoutMs: 1000 } })
    await expect(target.prepare('dies-1', signal())).rejects.toThrow('no good reason')
    expect(await target.current()).toEqual({})
    expect(readdirSync(join(place.directory, 'units')).filter((name) => name.endsWith('.pid'))).toEqual([])
  })
})

describe('in place', () => {
  const shop = async () => {
    const place = machine()
    place.unit('shop.service', serve(place.directory, 'shop.env'))
    const port = await freePort()
    const options = { mode: 'in-place', unit: 'shop.service', environmentFile: 'shop.env', port }
    return { place, port, target: place.target(options), options }
  }

  describeTargetInPlace(async () => {
    const { place, port, target } = await shop()
    return { target, env: place.env, serves: async (version) => (await ask(port)) === version }
  })

  it('puts back what served when the new version does not', async () => {
    const { place, port, options } = await shop()
    const { inPlace } = place.target({ ...options, health: { intervalMs: 20, startTimeoutMs: 1500 } })
    await inPlace?.switchTo('v1', signal())
    await expect(inPlace?.switchTo('sick-1', signal())).rejects.toThrow(/HTTP 503.*v1 serves again/)
    expect(await inPlace?.current()).toBe('v1')
    expect(await ask(port)).toBe('v1')
  })
})

it('names units that systemd does not know, and systemctl where it is missing', async () => {
  const ports = { blue: 3001, green: 3002 }
  const place = machine()
  await expect(place.target({ unit: 'web-{slot}', ports }).prepare('v1', signal())).rejects.toThrow(
    'systemd has no unit web-blue.service (not-found)',
  )
  await expect(place.target({ unit: 'web-{slot}', ports }, WITHOUT_PROGRAMS).prepare('v1', signal())).rejects.toThrow(
    'cannot run systemctl',
  )
})

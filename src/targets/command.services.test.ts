// A deployment of shell scripts that start and end real servers.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { describeTargetBeside, describeTargetInPlace } from '../../test/contracts/target-contract.ts'
import { freePort } from '../../test/servers/free-port.ts'
import { quoteWord } from '../lib/shell.ts'
import { command } from './command.ts'
import { ask, SERVER } from './serving.fixture.ts'
import type { Target } from './target.ts'

const signal = (): AbortSignal => AbortSignal.timeout(60_000)

/** `deploy start v1`, `deploy stop v1`, `deploy switch v1`, `deploy serving`: one server a version, on the port that stands in PORT-v1. */
const DEPLOY = `#!/bin/sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
stop() {
  [ -f "$here/pid-$1" ] || return 0
  kill -9 "$(cat "$here/pid-$1")" 2>/dev/null || :
  rm -f "$here/pid-$1"
}
start() {
  if curl -s -o /dev/null "http://127.0.0.1:$(cat "$here/PORT-$1")/"; then return; fi
  GONOGO_VERSION=$1 PORT=$(cat "$here/PORT-$1") NODE "$here/server.cjs" > "$here/log-$1" 2>&1 &
  echo $! > "$here/pid-$1"
}
echo "$*" >> "$here/calls"
case "$1" in
  start) start "$2"; echo "started $2"; echo "{\\"port\\": $(cat "$here/PORT-$2")}" ;;
  stop) stop "$2" ;;
  switch)
    [ "$(cat "$here/serving" 2>/dev/null)" = "$2" ] || for file in "$here"/PORT-*; do stop "\${file##*/PORT-}"; done
    start "$2"
    for _ in 1 2 3 4 5 6 7 8 9; do
      ! curl -s -o /dev/null --retry 0 "http://127.0.0.1:$(cat "$here/PORT-$2")/" || break
      sleep 0.3
    done
    echo "$2" > "$here/serving" ;;
  serving) [ ! -f "$here/serving" ] || cat "$here/serving" ;;
esac
`

interface Project {
  directory: string
  target(options?: Record<string, unknown>): Target
  calls(): string[]
}

const directories: string[] = []
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

async function project(ports: Record<string, number>): Promise<Project> {
  const directory = mkdtempSync(join(tmpdir(), "gonogo deploy's-"))
  directories.push(directory)
  writeFileSync(join(directory, 'server.cjs'), SERVER)
  writeFileSync(
    join(directory, 'deploy'),
    DEPLOY.replace('NODE', () => quoteWord(process.execPath)),
  )
  chmodSync(join(directory, 'deploy'), 0o755)
  for (const [version, port] of Object.entries(ports)) writeFileSync(join(directory, `PORT-${version}`), String(port))
  onTestFinished(async () => {
    for (const version of Object.keys(ports)) {
      const file = join(directory, `pid-${version}`)
      if (existsSync(file)) {
        const pid = Number(readFileSync(file, 'utf8'))
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It ended by itself.
        }
      }
    }
  })
  const context = {
    name: 'app',
    directory,
    stateDirectory: join(directory, '.gonogo'),
    env: { PATH: process.env.PATH ?? '' },
  }
  const options = { prepare: ['./deploy', 'start', '{version}'], retire: ['./deploy', 'stop', '{version}'] }
  const health = { intervalMs: 20, startTimeoutMs: 10_000 }
  return {
    directory,
    target: (more = {}) => command.create(command.options.parse({ ...options, health, ...more }), context),
    calls: () => readFileSync(join(directory, 'calls'), 'utf8').trim().split('\n'),
  }
}

describe.each([
  ['addresses that `prepare` prints', {}],
  [
    'shell text',
    { prepare: { shell: './deploy start "$GONOGO_VERSION"' }, retire: { shell: './deploy stop "$GONOGO_VERSION"' } },
  ],
])('beside: %s', (_, options) => {
  describeTargetBeside(async () => {
    const ports = { v1: await freePort(), v2: await freePort() }
    const target = (await project(ports)).target(options)
    return { target, serves: async (version) => (await ask(ports[version as 'v1'])) === version }
  })
})

const inPlace = {
  mode: 'in-place',
  prepare: undefined,
  switch: ['./deploy', 'switch', '{version}'],
  current: ['./deploy', 'serving'],
}

describe('in place', () => {
  describeTargetInPlace(async () => {
    const port = await freePort()
    const target = (await project({ v1: port, v2: port })).target({
      ...inPlace,
      ready: { shell: `curl -fsS -o /dev/null http://127.0.0.1:${port}/` },
    })
    return { target, serves: async (version) => (await ask(port)) === version }
  })

  it('puts back what served when the new version is not ready', async () => {
    const port = await freePort()
    const { target } = await project({ v1: port, 'sick-1': port })
    const { inPlace: place } = target({
      ...inPlace,
      ready: { shell: `curl -fsS -o /dev/null http://127.0.0.1:${port}/` },
      health: { startTimeoutMs: 3000, intervalMs: 50 },
    })
    await place?.switchTo('v1', signal())
    await expect(place?.switchTo('sick-1', signal())).rejects.toThrow('v1 serves again')
    expect(await place?.current()).toBe('v1')
  })
})

it.each(['sick-1', 'dies-1'])('takes down again what does not come up: %s', async (version) => {
  const { target, calls } = await project({ [version]: await freePort() })
  const one = target({ health: { startTimeoutMs: 300, intervalMs: 20 } })
  await expect(one.prepare(version, signal())).rejects.toThrow('not ready within 0.3 s; it was taken down again')
  expect(calls()).toEqual([`start ${version}`, `stop ${version}`])
  expect(await one.current()).toEqual({})
})

it('starts a version once, whoever asks at once, and again when it was killed', async () => {
  const { target, calls, directory } = await project({ v1: await freePort() })
  const [one, two] = await Promise.all([target().prepare('v1', signal()), target().prepare('v1', signal())])
  expect(two).toEqual(one)
  expect(calls()).toEqual(['start v1'])
  process.kill(Number(readFileSync(join(directory, 'pid-v1'), 'utf8')), 'SIGKILL')
  await expect.poll(async () => (await target().ready('v1')).healthy).toBe(0)
  expect(await target().prepare('v1', signal())).toEqual(one)
  expect(await target().ready('v1')).toEqual({ healthy: 1, wanted: 1 })
  await target().retire('v1', signal())
})

it.each<[string, Record<string, unknown>, string]>([
  ['no address', { prepare: ['true'] }, 'printed no address'],
  ['a missing program', { prepare: ['./no-such-program'] }, 'cannot run ./no-such-program'],
  ['a failing one', { prepare: { shell: 'echo no room >&2; exit 5' } }, 'no room'],
  ['an address without a port', { addresses: ['{version}:http'] }, '"v1:http" has no port'],
])('tells of %s', async (_, options, words) => {
  await expect((await project({ v1: await freePort() })).target(options).prepare('v1', signal())).rejects.toThrow(words)
})

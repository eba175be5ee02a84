import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { runtimeVersion } from './runtime-version.ts'

let directory = ''

function program(name: string, script: string): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(directory, name), 0o755)
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-runtime-'))
  program('java', '[ "$*" = -version ] || exit 1; echo \'openjdk version "17.0.17" 2025-10-21\' >&2')
  program('go', '[ "$*" = version ] && echo "go version go1.24.3 linux/amd64"')
  program('mute', 'exit 0')
  program('broken', 'echo "cannot read config 1.2.3" >&2; exit 3')
  program('slow', 'exec sleep 30')
  program('endless', 'exec yes no-figures')
  program('escapes', `printf '%b' '${ANSI.replaceAll('\u001b', '\\033').replaceAll('\u0000', '')}\\n'; echo 1.2.3`)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const asked = (name: string, range: string, extra = {}) => ({
  options: { program: join(directory, name), range, ...extra },
})

checkContract(runtimeVersion, {
  passing: () => ({ options: { program: 'git', range: '>=2 <9' } }),
  failing: () => asked('java', '>=21'),
  unverified: () => asked('mute', '>=1'),
  slow: () => asked('slow', '>=1'),
  unreachable: { status: 'failed', case: () => asked('gone', '>=1') },
  hostile: {
    'a program that prints without end': {
      status: 'unverified',
      case: () => asked('endless', '>=1', { timeoutMs: 100 }),
    },
    'escapes for terminals': { status: 'passed', case: () => asked('escapes', '1.2') },
  },
  mentions: () => ['git --version', '>=2 <9'],
  recognises: {
    clear: [
      'Python 3.10+ installed',
      { label: 'Java', text: 'JDK 17 or newer is available' },
      'npm version 10.2',
      'Docker >= 24.0 installed on each host',
      'Minimum Git version: 2.30',
    ],
    unclear: [
      'Install Python 3.8+: `sudo apt install python3`',
      'Python tests pass on 3.12',
      'Docker Compose 2.20+ installed',
      'Go 2 steps back',
      'PostgreSQL 15+ installed',
      'Python 3.12 and Java 21 installed',
      'Upgrade to Ruby 3.4',
      'GitHub 2.0 available',
    ],
  },
})

describe('runtime-version', () => {
  it('knows what java and go want to be asked, and reads both streams', async () => {
    expect(await runCheck(runtimeVersion, asked('java', '17+'))).toMatchObject({ status: 'passed' })
    expect(await runCheck(runtimeVersion, asked('go', '^1.22'))).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('go 1.24.3, ^1.22 wanted'),
    })
  })

  it('takes no figure from a program that failed', async () => {
    expect(await runCheck(runtimeVersion, asked('broken', '>=1'))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('exit code 3'),
    })
  })

  it('asks with the arguments it is given', async () => {
    const args = ['-p', '"tool 4.5.6"']
    const options = { program: process.execPath, args, range: '4.5' }
    expect(await runCheck(runtimeVersion, { options })).toMatchObject({ status: 'passed' })
  })

  it.each([
    ['Python 3.10+ installed', { program: 'python3', range: '>=3.10' }],
    ['npm version 10.2', { program: 'npm', range: '10.2' }],
    ['JDK 17 or newer is available', { program: 'java', range: '>=17' }],
    ['Docker ≥ 24.0 installed', { program: 'docker', range: '>=24.0' }],
  ])('proposes for %j the range of the words', (text, options) => {
    expect(runtimeVersion.recognise?.(itemOf(text))?.options).toEqual(options)
  })
})

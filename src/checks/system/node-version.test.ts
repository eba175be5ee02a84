import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { nodeVersion } from './node-version.ts'

let directory = ''

function program(name: string, script: string): void {
  const path = join(directory, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-node-'))
  program('old-node', 'echo v16.20.2')
  program('mute-node', 'exit 1')
  program('slow-node', 'exec sleep 30')
  program('endless-node', 'exec yes')
  program('garbage-node', String.raw`printf '\033[2J\000v1.2'`)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const asked = (name: string, range: string) => ({ options: { range, program: join(directory, name) } })

checkContract(nodeVersion, {
  passing: () => ({ options: { range: 'v18+ or v20+', program: process.execPath } }),
  failing: () => asked('old-node', '>=18'),
  unverified: () => asked('mute-node', '>=18'),
  slow: () => asked('slow-node', '>=18'),
  unreachable: { status: 'failed', case: () => asked('no-node', '>=18') },
  hostile: {
    'a program that prints without end': {
      status: 'unverified',
      case: () => ({ options: { ...asked('endless-node', '>=18').options, timeoutMs: 100 } }),
    },
    'a program that prints escapes and no version': { status: 'unverified', case: () => asked('garbage-node', '>=18') },
  },
  mentions: () => ['--version', 'v18+ or v20+'],
  recognises: {
    clear: [
      { label: 'Node.js Version', text: 'Verify Node.js v18+ or v20+ is installed' },
      'Node 20.x installed',
      'Node version 20',
      'Node.js >= 18.17 on every host',
      'Node.js ≥ 20',
      'Minimum Node.js version: 18',
    ],
    unclear: [
      'Node.js is installed',
      'Add 3 nodes to the cluster',
      'Node pool has 4+ nodes',
      'CPU of each node < 70%',
      'Drain node 3',
      'node >= 70% busy',
      'Upgrade to Node.js 22',
    ],
  },
})

describe('node-version', () => {
  it('fails where there is no such program: it is not installed', async () => {
    expect(await runCheck(nodeVersion, asked('no-node', '>=18'))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('there is no program'),
      remedy: 'install Node.js >=18',
    })
  })

  it('says which version it found', async () => {
    expect((await runCheck(nodeVersion, asked('old-node', '>=18'))).summary).toBe('Node.js 16.20.2, but >=18 wanted')
  })

  it('proposes the range of the words', () => {
    expect(nodeVersion.recognise?.(itemOf('Verify Node.js v18+ or v20+ is installed'))?.options).toEqual({
      range: '>=18',
    })
    const ranges = ['Node.js 24 or newer', 'Node.js v20.10 and later', 'Node.js 18 or 20'].map(
      (text) => nodeVersion.recognise?.(itemOf(text))?.options.range,
    )
    expect(ranges).toEqual(['>=24', '>=20.10', '18 or 20'])
  })
})

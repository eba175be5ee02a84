import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { limits } from './limits.ts'

let directory = ''
let child: ChildProcess

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-limits-'))
  // A program with a limit of its own, and its id in a file.
  child = spawn('sh', ['-c', 'ulimit -n 64; echo ready; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  writeFileSync(join(directory, 'app.pid'), `${child.pid}\n`)
  writeFileSync(join(directory, 'garbage.pid'), '\u001b[2Jone two')
  writeFileSync(join(directory, 'gone.pid'), '2147483646')
})
afterAll(() => {
  child.kill()
  rmSync(directory, { recursive: true, force: true })
})

const of = (pidFile: string, options: Record<string, unknown> = { openFilesMin: 64 }) => ({
  options: { pidFile, ...options },
  context: { directory },
})

describe.runIf(process.platform === 'linux')('on Linux', () => {
  checkContract(limits, {
    passing: () => of('app.pid', { openFilesMin: 64, openFilesUsedPercentMax: 50, processesMin: 1 }),
    failing: () => of('app.pid', { openFilesMin: 65 }),
    unverified: () => of('gone.pid'),
    unreachable: { status: 'unverified', case: () => of('no-such.pid') },
    hostile: {
      'a file that holds no id': { status: 'unverified', case: () => of('garbage.pid') },
      'a file without end': { status: 'unverified', case: () => of('/dev/zero') },
    },
    mentions: () => ['app.pid', '64 open files', '50 %'],
    recognises: {
      clear: [
        '`ulimit -n` is at least 65536',
        'File descriptors limit set to 65,535',
        'Open files limit: 100000',
        'nproc >= 4096',
      ],
      unclear: [
        'File descriptors are monitored',
        'ulimit checked',
        'Open files < 80%',
        'At least 4096 open files and nproc 1024',
        'Open file config.yaml',
      ],
    },
  })

  it('counts what the process has open', async () => {
    expect(await runCheck(limits, of('app.pid', { openFilesUsedPercentMax: 0 }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('at most 0 % open wanted'),
    })
  })

  it('looks at itself where no process is named', async () => {
    expect(await runCheck(limits, { options: { openFilesMin: 1 } })).toMatchObject({
      status: 'passed',
      summary: expect.stringMatching(/^this process/),
    })
    expect(await runCheck(limits, { options: { pid: process.pid, openFilesMin: 1 } })).toMatchObject({
      status: 'passed',
    })
  })

  it('proposes the figure of the words', () => {
    expect(limits.recognise?.(itemOf('File descriptors limit set to 65,535'))?.options).toEqual({
      openFilesMin: 65_535,
    })
  })
})

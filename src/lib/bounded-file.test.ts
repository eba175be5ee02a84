import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBoundedFile } from './bounded-file.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-bounded-'))
  writeFileSync(join(directory, 'marked.txt'), '\uFEFFten bytes')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('reading a bounded file', () => {
  it('gives all of it up to the bound, and nothing of what is longer', async () => {
    const path = join(directory, 'marked.txt')
    expect(await readBoundedFile(path, 12)).toMatchObject({ text: 'ten bytes', stat: { size: 12 } })
    await expect(readBoundedFile(path, 11)).rejects.toThrow('is longer than 11 bytes')
    await expect(readBoundedFile('/dev/zero', 100)).rejects.toThrow('is no regular file')
  })

  it.runIf(process.platform === 'linux')('reads what has no size', async () => {
    expect((await readBoundedFile('/proc/self/status', 65_536)).text).toContain('Pid:')
  })

  it('does not wait at a pipe into which nobody writes', async () => {
    const pipe = join(directory, 'pipe')
    execFileSync('mkfifo', [pipe])
    await expect(readBoundedFile(pipe, 100)).rejects.toThrow('is no regular file')
  })
})

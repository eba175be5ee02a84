import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { filePermissions } from './file-permissions.ts'

let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-permissions-'))
  mkdirSync(join(directory, 'data'))
  symlinkSync('circle', join(directory, 'circle'))
  for (const [name, mode] of [
    ['app.db', 0o640],
    ['open.key', 0o666],
    ['deploy.sh', 0o755],
  ] as const) {
    writeFileSync(join(directory, name), '')
    chmodSync(join(directory, name), mode)
  }
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const at = (options: Record<string, unknown>) => ({ options, context: { directory } })

checkContract(filePermissions, {
  passing: () => at({ path: ['app.db', 'data'], readable: true, writable: true }),
  failing: () => at({ path: 'app.db', executable: true }),
  unverified: () => at({ path: 'app.db/inside', readable: false, modeMax: '0644' }),
  unreachable: { status: 'failed', case: () => at({ path: 'gone', readable: true }) },
  hostile: {
    'links that lead to each other': { status: 'unverified', case: () => at({ path: 'circle', modeMax: '0644' }) },
    'escapes for terminals': { status: 'failed', case: () => at({ path: 'gone\u001b[2J', readable: true }) },
  },
  mentions: () => ['app.db, data', 'readable, writable'],
  recognises: {
    clear: [
      '`data/app.db` is writable',
      'Permissions 600 on `.env`',
      { label: 'Script', text: '`./deploy.sh` executable' },
      'Key file is private (`chmod 600 config/server.key`)',
      '`config/production.yml` exists',
    ],
    unclear: [
      'Validate file system permissions and quotas',
      '`.env` is not readable by others',
      'The `README.md` is current',
      '`.env` is not in the repository',
      '`npm start` is executable',
    ],
  },
})

describe('file-permissions', () => {
  it('allows no bit beyond the mode, and fewer', async () => {
    expect(await runCheck(filePermissions, at({ path: 'app.db', modeMax: '0644' }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(filePermissions, at({ path: 'open.key', modeMax: '0644' }))).toMatchObject({
      status: 'failed',
      summary: 'open.key has mode 0666, at most 0644 wanted',
    })
    expect(await runCheck(filePermissions, at({ path: 'deploy.sh', modeMax: '711' }))).toMatchObject({
      status: 'failed',
    })
  })

  it('looks at every path and names each that is wrong', async () => {
    const outcome = await runCheck(filePermissions, at({ path: ['deploy.sh', 'app.db', 'gone'], executable: true }))
    expect(outcome).toMatchObject({ status: 'failed', summary: 'app.db is not executable; gone does not exist' })
  })

  it('fails a missing file whatever is asked about it', async () => {
    expect(await runCheck(filePermissions, at({ path: 'gone', modeMax: '0644' }))).toMatchObject({ status: 'failed' })
    expect(await runCheck(filePermissions, at({ path: 'gone', readable: true }))).toMatchObject({ status: 'failed' })
  })

  it('wants to know what must hold', () => {
    expect(filePermissions.options.safeParse({ path: 'data' }).success).toBe(false)
    expect(filePermissions.options.safeParse({ path: 'data', modeMax: '0999' }).success).toBe(false)
  })

  it('proposes the mode of the words', () => {
    expect(filePermissions.recognise?.(itemOf('Permissions 600 on `.env`'))?.options).toEqual({
      path: '.env',
      modeMax: '0600',
    })
  })
})

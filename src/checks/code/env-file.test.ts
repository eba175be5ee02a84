import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { envFile } from './env-file.ts'

const SECRET = 'c2VjcmV0LXRvLWhpZGU'
let directory = ''

const EXAMPLE = `# database
export DATABASE_URL=postgres://user:your-password@localhost/app
API_KEY=your-api-key   # from the vault
SESSION_SECRET="a-sample-that-everybody-reads"
LOG_LEVEL=info
`
const GOOD = `DATABASE_URL=postgres://app@db.internal/app\nAPI_KEY=${SECRET}\nSESSION_SECRET='own one'\nLOG_LEVEL=info\n`

function write(name: string, text: string | Buffer, mode = 0o600): void {
  writeFileSync(join(directory, name), text)
  chmodSync(join(directory, name), mode)
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-env-file-'))
  write('.env.example', EXAMPLE)
  write('.env', GOOD)
  write('.env.open', GOOD, 0o644)
  write('.env.more', `${GOOD}DEBUG=1\n`)
  write('.env.bad', `DATABASE_URL=\nAPI_KEY=changeme\nSESSION_SECRET=a-sample-that-everybody-reads\nOWN=${SECRET}\n`)
  write('.env.binary', Buffer.from([0, 1, 2, 255, 10]))
  write('.env.huge', Buffer.alloc((1 << 20) + 1, 'A'))
  write('.env.escapes', `API_KEY=\u001b[2J\nDATABASE_URL=x\nSESSION_SECRET=y\n\u001b[31mRED=1\n`)
  write('nothing.example', '# no key yet\n')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const at = (file: string | undefined, extra: Record<string, unknown> = {}) => ({
  options: { ...(file ? { file } : {}), ...extra },
  context: { directory },
})
const values = { DATABASE_URL: 'postgres://db/app', API_KEY: SECRET, SESSION_SECRET: 'own one', LOG_LEVEL: 'info' }

checkContract(envFile, {
  passing: () => at('.env'),
  failing: () => at('.env.bad'),
  unverified: () => at('.env', { example: 'gone.example' }),
  unreachable: { status: 'failed', case: () => at('.env.gone') },
  hostile: {
    'bytes that are no text': { status: 'unverified', case: () => at('.env.binary') },
    'a file without end': { status: 'unverified', case: () => at('/dev/zero') },
    'a file that is too long': { status: 'unverified', case: () => at('.env.huge') },
    'escapes for terminals in keys': { status: 'failed', case: () => at('.env.escapes', { extra: false }) },
  },
  secret: {
    value: SECRET,
    case: () => ({ options: { optional: [] }, context: { directory, env: { ...values, LOG_LEVEL: '' } } }),
  },
  mentions: () => ['.env', '.env.example'],
  recognises: {
    clear: [
      'All keys of `.env.example` are present in `.env`',
      'All required variables from .env.sample are filled in',
      '`.env.production` has every key of `.env.example`',
    ],
    unclear: [
      'Copy `.env.example` to `.env`',
      'All environment variables set',
      '.env.example updated with all new keys',
      '`.env` is not committed',
      'Secrets fetched to `.env`',
    ],
  },
})

describe('env-file', () => {
  it('names everything that is wrong by key, never by value', async () => {
    const outcome = await runCheck(envFile, at('.env.bad', { extra: false }))
    expect(outcome.summary).toBe(
      '.env.bad: missing: LOG_LEVEL; empty: DATABASE_URL; still a placeholder: API_KEY; still the secret of the example: SESSION_SECRET; not in the example: OWN',
    )
    expect(JSON.stringify(outcome)).not.toContain(SECRET)
  })

  it('looks at the environment where no file is named', async () => {
    const run = (env: Record<string, string>) => runCheck(envFile, { options: {}, context: { directory, env } })
    expect(await run(values)).toMatchObject({ status: 'passed' })
    expect(await run({ ...values, API_KEY: '<API_KEY>' })).toMatchObject({
      summary: 'the environment: still a placeholder: API_KEY',
    })
  })

  it('leaves alone what may be missing, and what is more', async () => {
    const optional = ['DATABASE_URL', 'API_KEY', 'SESSION_SECRET', 'LOG_LEVEL']
    expect(await runCheck(envFile, at('.env.bad', { optional }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(envFile, at('.env.more'))).toMatchObject({ status: 'passed' })
    expect(await runCheck(envFile, at('.env.more', { extra: false }))).toMatchObject({ status: 'failed' })
  })

  it.skipIf(process.platform === 'win32')('fails a file that others may read, unless told', async () => {
    expect(await runCheck(envFile, at('.env.open'))).toMatchObject({
      status: 'failed',
      summary: '.env.open: its mode is 0644, at most 0660 wanted',
    })
    expect(await runCheck(envFile, at('.env.open', { modeMax: '0644' }))).toMatchObject({ status: 'passed' })
  })

  it('passes nothing against an example that names no key', async () => {
    expect(await runCheck(envFile, at('.env', { example: 'nothing.example' }))).toMatchObject({ status: 'unverified' })
  })

  it('proposes the files of the words', () => {
    expect(envFile.recognise?.(itemOf('All keys of `.env.example` are present in `.env`'))?.options).toEqual({
      file: '.env',
      example: '.env.example',
    })
  })
})

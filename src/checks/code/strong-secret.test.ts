import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { disorderBits, strongSecret } from './strong-secret.ts'

const STRONG = 'q8Zr+V1nTz7wYc4Lk0sUe5Gx2BhMj9Pd3aFo6iRt'
const OTHER = '7f3b9c1e5d8a2064bf13ce97a05d48e2c6719fb3d20e84a5'
const TRACKED = 'Wm4tKz8QeP1sVbX6yRc9Ua3Jh7Lg2Nd5Fo0TiEu'
let repository = ''
let plain = ''

beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'gonogo-secret-'))
  plain = mkdtempSync(join(tmpdir(), 'gonogo-secret-'))
  mkdirSync(join(repository, 'config'))
  writeFileSync(join(repository, 'config', 'app.json'), JSON.stringify({ key: TRACKED }))
  writeFileSync(join(repository, '.env'), `JWT_SECRET=${STRONG}\nOLD_SECRET=${OTHER}\n`)
  execFileSync('git', ['init', '--quiet', '--initial-branch=main'], { cwd: repository })
  execFileSync('git', ['add', 'config'], { cwd: repository })
  mkdirSync(join(plain, 'bin'))
  writeFileSync(join(plain, 'bin', 'git'), '#!/bin/sh\nexec sleep 30\n')
  chmodSync(join(plain, 'bin', 'git'), 0o755)
})
afterAll(() => {
  for (const directory of [repository, plain]) rmSync(directory, { recursive: true, force: true })
})

const path = process.env.PATH as string
const given = (value: string, extra: Record<string, unknown> = {}) => ({
  options: { variables: ['JWT_SECRET'], ...extra },
  context: { directory: repository, env: { PATH: path, JWT_SECRET: value, OTHER_SECRET: OTHER } },
})

checkContract(strongSecret, {
  passing: () => given(STRONG, { variables: ['JWT_SECRET', 'OTHER_SECRET'] }),
  failing: () => given('password123'),
  unverified: () => ({ ...given(STRONG), context: { directory: plain, env: { PATH: path, JWT_SECRET: STRONG } } }),
  slow: () => ({
    ...given(STRONG),
    context: { directory: plain, env: { PATH: `${join(plain, 'bin')}:${path}`, JWT_SECRET: STRONG } },
  }),
  unreachable: { status: 'failed', case: () => given(STRONG, { file: 'gone.env' }) },
  hostile: { 'a file without end': { status: 'unverified', case: () => given(STRONG, { file: '/dev/zero' }) } },
  secret: { value: TRACKED, case: () => given(TRACKED, { lengthMin: 64 }) },
  mentions: () => ['JWT_SECRET', 'OTHER_SECRET', '32 characters', '80 bits'],
  recognises: {
    clear: [
      '`JWT_SECRET` is cryptographically secure (min 48 chars)',
      'Using a strong SECRET_KEY',
      '`SESSION_SECRET` - at least 64 characters',
      '`REDIS_PASSWORD` is not a default',
    ],
    unclear: [
      '`JWT_SECRET` is set',
      'Strong passwords are enforced',
      'Rotate `API_KEY` if it is not strong',
      'Secrets are strong and stored in the vault',
      '`GOOGLE_CLIENT_SECRET` - Production OAuth secret',
    ],
  },
})

describe('strong-secret', () => {
  it.each([
    ['', 'is not set'],
    ['changeme-before-production-please', 'is still a placeholder'],
    ['Keyboard Cat', 'is a well-known default'],
    ['password-password', 'is a well-known default'],
    ['super-secret-key-2024', 'is a well-known default'],
    [STRONG.slice(0, 20), 'has 20 characters, at least 32 wanted'],
    ['abcdefghijklmnopqrstuvwxyz0123456789', 'bits of disorder, at least 80 wanted'],
    [`${'password'.repeat(4)}123`, 'bits of disorder, at least 80 wanted'],
    ['k7'.repeat(32), 'bits of disorder, at least 80 wanted'],
    ['correct horse '.repeat(6), 'bits of disorder, at least 80 wanted'],
  ])('fails %j: %s', async (value, reason) => {
    const outcome = await runCheck(strongSecret, given(value))
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining(reason) })
  })

  it('takes what random generators make for random', () => {
    for (let round = 0; round < 200; round++)
      for (const encoding of ['hex', 'base64', 'base64url'] as const)
        expect(disorderBits(randomBytes(32).toString(encoding))).toBeGreaterThan(80)
  })

  it('fails what stands in a tracked file, by the name of the file alone', async () => {
    const outcome = await runCheck(strongSecret, given(TRACKED))
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: 'JWT_SECRET stands in 1 tracked file (config/app.json)',
    })
    expect(await runCheck(strongSecret, given(TRACKED, { notTracked: false }))).toMatchObject({ status: 'passed' })
  })

  it('fails two that are the same', async () => {
    const twice = { ...given(OTHER, { variables: ['JWT_SECRET', 'OTHER_SECRET'] }) }
    expect(await runCheck(strongSecret, twice)).toMatchObject({
      status: 'failed',
      summary: 'OTHER_SECRET is the same as JWT_SECRET',
    })
  })

  it('takes nothing for a secret that was not set', async () => {
    const named = given(STRONG, { variables: ['constructor'] })
    expect(await runCheck(strongSecret, named)).toMatchObject({ status: 'failed', summary: 'constructor is not set' })
  })

  it('reads an env file, which is not tracked itself', async () => {
    expect(await runCheck(strongSecret, given('', { file: '.env', variables: ['JWT_SECRET'] }))).toMatchObject({
      status: 'passed',
    })
  })

  it('proposes the bounds of the words', () => {
    const optionsOf = (text: string) => strongSecret.recognise?.(itemOf(text))?.options
    expect(optionsOf('JWT_SECRET is cryptographically secure (min 48 chars)')).toEqual({
      variables: ['JWT_SECRET'],
      lengthMin: 48,
    })
    expect(optionsOf('`JWT_SECRET` is production-grade (256-bit)')).toEqual({
      variables: ['JWT_SECRET'],
      lengthMin: 32,
    })
  })
})

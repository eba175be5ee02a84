import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { makeRepository, plantPrograms, type Repository } from './git.fixture.ts'
import { hardCodedCredentials } from './hard-coded-credentials.ts'
import { breaks, type RuleName } from './hard-coded/rules.ts'

const SECRET = 'Zk83nfQpLw29xT'
let repository: Repository
let elsewhere = ''

beforeAll(() => {
  repository = makeRepository()
  plantPrograms(repository)
  const files = {
    'src/clean.ts': 'const password = process.env.DB_PASSWORD\nconst url = `http://${host}/health`\n',
    'src/bad.ts': `// first line\nconst dbPassword = "${SECRET}"\nfetch('http://localhost:3000')\nconsole.log(1)\n`,
    'src/bad.test.ts': `const dbPassword = "${SECRET}"\n`,
    'other/.hidden.ts': `apiKey: '${SECRET}'\n`,
    'big/generated.js': 'x'.repeat((1 << 20) + 1),
    'odd/\u001b[2Jred.ts': `const secret = '${SECRET}'\n`,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(repository.work, path)), { recursive: true })
    writeFileSync(join(repository.work, path), text)
  }
  execFileSync('git', ['add', '--all'], { cwd: repository.work, stdio: 'ignore' })
  writeFileSync(join(repository.work, 'src', 'untracked.ts'), `const secret = '${SECRET}'\n`)
  writeFileSync(join(repository.work, 'odd', 'binary.ts'), Buffer.from(`\0 secret = '${SECRET}'\n`))
  elsewhere = mkdtempSync(join(tmpdir(), 'gonogo-hard-coded-'))
  mkdirSync(join(elsewhere, 'bin'))
  writeFileSync(join(elsewhere, 'bin', 'git'), '#!/bin/sh\nexec sleep 30\n')
  chmodSync(join(elsewhere, 'bin', 'git'), 0o755)
})
afterAll(() => {
  repository.remove()
  rmSync(elsewhere, { recursive: true, force: true })
})

const at = (options: Record<string, unknown>) => ({ options, context: { directory: repository.work } })

checkContract(hardCodedCredentials, {
  passing: () => at({ files: ['src/clean.ts'] }),
  failing: () => at({ files: ['src/**'] }),
  unverified: () => at({ files: ['no-such/**'] }),
  slow: () => ({
    options: {},
    context: { directory: elsewhere, env: { PATH: `${join(elsewhere, 'bin')}:${process.env.PATH}` } },
  }),
  unreachable: { status: 'unverified', case: () => ({ options: {}, context: { directory: elsewhere } }) },
  hostile: {
    'escapes for terminals in the name of a file': { status: 'failed', case: () => at({ files: ['odd/**'] }) },
    'a file that is too long': { status: 'unverified', case: () => at({ files: ['big/**'] }) },
  },
  failingExample: () => ({ directory: repository.work }),
  secret: { value: SECRET, case: () => at({ files: ['src/**'], allow: [`localhost ${SECRET}`] }) },
  mentions: () => ['src/clean.ts', 'credential-in-code'],
  recognises: {
    clear: [
      'No hardcoded secrets in codebase',
      'No hard-coded localhost URLs remain',
      'No `console.log` statements in production code',
      'There are no hardcoded credentials or internal IPs',
    ],
    unclear: [
      'No secrets in logs',
      'Hardcoded limits are documented',
      'Sentry is enabled (not hard-coded to false)',
      'Secrets rotated if hardcoded anywhere',
      'Console is accessible',
      'Debug mode disabled',
    ],
  },
})

describe('hard-coded-credentials', () => {
  it('shows file, line and rule, and nothing of the line', async () => {
    const outcome = await runCheck(
      hardCodedCredentials,
      at({ rules: ['credential-in-code', 'localhost', 'debug-output'], files: ['src/**'] }),
    )
    expect(outcome.evidence[0]?.content).toBe(
      'src/bad.ts:2 credential-in-code\nsrc/bad.ts:3 localhost\nsrc/bad.ts:4 debug-output',
    )
  })

  it('finds hidden files, and passes what is allowed or put up with', async () => {
    const files = ['other/**']
    expect(await runCheck(hardCodedCredentials, at({ files }))).toMatchObject({ status: 'failed' })
    const allow = ['credential-in-code other/*.ts']
    expect(await runCheck(hardCodedCredentials, at({ files, allow }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(hardCodedCredentials, at({ files, findingsMax: 1 }))).toMatchObject({ status: 'passed' })
    expect(await runCheck(hardCodedCredentials, at({ files, allow: ['localhost other/*.ts'] }))).toMatchObject({
      status: 'failed',
    })
  })

  it('proposes the rules that the words name', () => {
    const rulesOf = (text: string) => hardCodedCredentials.recognise?.(itemOf(text))?.options.rules
    expect(rulesOf('No hardcoded localhost URLs')).toEqual(['localhost'])
    expect(rulesOf('No hardcoded passwords')).toContain('credential-in-code')
  })
})

/** Written in two halves, so that no scanner takes this file for what it tests. */
const joined = (text: string): string => text.replaceAll('~', '')

describe('the rules', () => {
  it.each<[RuleName, string[], string[]]>([
    [
      'private-key',
      ['-----BEGIN RSA ~PRIVATE KEY-----', '-----BEGIN ~PRIVATE KEY-----'],
      ['-----BEGIN PUBLIC KEY-----'],
    ],
    [
      'known-token',
      ['AKIA~ABCDEFGHIJKLMNOP', `x = gh~p_${'a1B2'.repeat(9)}`, 'sk_~live_abcdefghijklmnop1234'],
      ['AKIA', 'sk_test_x', 'skills_live_here'],
    ],
    [
      'password-in-address',
      ['postgres://app:pX9~kw2@db/app', 'redis://u:postgres@cache'],
      ['postgres://app:${PASSWORD}@db', 'postgres://user:your-password@db', 'http://db:5432/app', 'git@host:path'],
    ],
    [
      'credential-in-code',
      [
        'password = "hunter2"',
        `'api_key' => 'k3~nq82hd7'`,
        'config["clientSecret"] = "a8~fh3kd92"',
        'JWT_SECRET: "secret123"',
        'secretKey := `q9~w8e7r6`',
      ],
      [
        'password = "${DB_PASSWORD}"',
        'password: "<password>"',
        'passwordField = "password"',
        'secretName: "orders-api-secret"',
        'password = os.environ["PASSWORD"]',
        'api_key = "YOUR_API_KEY"',
        'type: "password"',
        'token_url = "https://auth.internal/token"',
      ],
    ],
    ['localhost', ["'http://localhost:80'", '"127.0.0.1"'], ['localhostname', 'our localhost is']],
    ['private-address', ['"10.1.2.3"', 'http://db.corp/x'], ['"110.1.2.3"', 'version 10.1.2.3', 'internal']],
    [
      'debug-flag',
      ['DEBUG = True', 'app.run(debug=True)', '"debug": true'],
      ['DEBUG = False', 'debug: true ? a : b', 'isDebugged = true'],
    ],
    [
      'debug-output',
      ['console.log(x)', 'debugger;', 'import pdb; pdb.set_trace()'],
      ['logger.console.log(x)', 'console.error(x)', 'add(1)'],
    ],
    ['left-to-do', ['// T~ODO later', '# FIX~ME'], ['todo list', 'MASTODO~NTODO']],
  ])('%s', (rule, broken, kept) => {
    for (const line of broken) expect(breaks[rule](joined(line)), line).toBe(true)
    for (const line of kept) expect(breaks[rule](joined(line)), line).toBe(false)
  })
})

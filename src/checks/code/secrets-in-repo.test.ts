import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { exec } from '../../lib/exec.ts'
import { noData } from '../../../test/contracts/no-data.ts'
import { makeRepository, plantPrograms, type Repository } from './git.fixture.ts'
import { lookForSecrets, secretsInRepo } from './secrets-in-repo.ts'
import { addedLines } from './secrets-in-repo/history.ts'
import { piecesOf } from './secrets-in-repo/scanner.ts'

/** Shaped like secrets, put together here so that no scanner finds them in this file. */
const TOKEN = ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_')
const URL_PASSWORD = 'swordfish4711'
const DATABASE = `postgres://admin:${URL_PASSWORD}@db.internal/shop`

let clean: Repository
let dirty: Repository
let odd: Repository
beforeAll(() => {
  clean = makeRepository()
  clean.commit({ 'src/a.ts': "const token = process.env['TOKEN']\n", 'logo.bin': `\0${TOKEN}`, '.gitignore': '.env\n' })
  clean.write('.env', `TOKEN=${TOKEN}`)
  dirty = makeRepository()
  dirty.commit({ 'app/config.ts': `// config\n\nexport const token = '${TOKEN}'\n`, 'app/b.yml': `url: ${DATABASE}\n` })
  dirty.commit({ 'app/config.ts': '// config\n', 'app/b.yml': 'url: none\n' })
  dirty.commit({ 'test/fixtures/key.txt': TOKEN })
  odd = makeRepository()
})
afterAll(() => {
  for (const repository of [clean, dirty, odd]) repository.remove()
})

const given = (repository: Repository, options: Record<string, unknown> = {}) => ({
  options,
  context: { directory: repository.work },
})
const look = (repository: Repository, options: Record<string, unknown> = {}) =>
  runCheck(secretsInRepo, given(repository, options))

checkContract(secretsInRepo, {
  passing: () => given(clean, { commits: 10 }),
  failing: () => given(dirty),
  unverified: () => ({ options: {}, context: { directory: clean.root } }),
  hostile: {
    'a file bigger than is looked at': {
      status: 'unverified',
      case: () => {
        odd.commit({ 'big.txt': 'x'.repeat(3000) })
        return given(odd, { fileBytesMax: 2000 })
      },
    },
    'more files than are looked at': {
      status: 'unverified',
      case: () => {
        odd.commit({ 'one.txt': '1', 'two.txt': '2' })
        return given(odd, { filesMax: 1 })
      },
    },
    'a link that leads out of the repository': {
      status: 'passed',
      case: () => {
        writeFileSync(join(odd.root, 'outside.txt'), TOKEN)
        symlinkSync(join(odd.root, 'outside.txt'), join(odd.work, 'link.txt'))
        odd.commit()
        return given(odd)
      },
    },
    'escapes in the name of a file': {
      status: 'failed',
      case: () => {
        odd.commit({ 'a\u001b[2J\nb.txt': TOKEN })
        return given(odd)
      },
    },
  },
  mentions: () => ['.', 'last 10 commits'],
  failingExample: () => ({ directory: dirty.work }),
  recognises: {
    clear: [
      'No secrets committed to the repository',
      'No hardcoded secrets in codebase',
      'No credentials in git history',
      'No API keys or passwords in code',
    ],
    unclear: [
      'No secrets in client-side code',
      'Secrets are rotated',
      'Never commit secrets to git',
      'No secrets in logs',
      'Secrets stored in the vault',
    ],
  },
})

describe('secrets-in-repo', () => {
  it('tells file, line and rule, and never the secret', async () => {
    const outcome = await look(dirty, { commits: 10 })
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('test/fixtures/key.txt:1 (github)'),
    })
    expect(outcome.evidence[0]?.content).toMatch(/app\/config\.ts in commit [0-9a-f]{7,} \(github\)/)
    expect(outcome.evidence[0]?.content).toContain('app/b.yml in commit')
    expect(JSON.stringify(outcome)).not.toMatch(new RegExp(`${TOKEN.slice(4, 20)}|${URL_PASSWORD}`))
  })

  it('leaves out what is ignored, by folder, path or pattern, now and in the past', async () => {
    expect(await look(dirty, { ignore: ['test/fixtures'] })).toMatchObject({ status: 'passed' })
    expect(await look(dirty, { ignore: ['**/*.txt'] })).toMatchObject({ status: 'passed' })
    expect(await look(dirty, { ignore: ['test/fixtures'], commits: 10 })).toMatchObject({ status: 'failed' })
    expect(await look(dirty, { ignore: ['test', 'app/*'], commits: 10 })).toMatchObject({ status: 'passed' })
  })

  it('does not pass a history that was not fetched', async () => {
    clean.git('push', '--quiet', 'origin', 'main')
    clean.commit({ 'src/b.ts': 'export {}\n' })
    clean.git('push', '--quiet', 'origin', 'main')
    const url = `file://${join(clean.root, 'upstream.git')}`
    clean.git('clone', '--quiet', '--depth=1', url, join(clean.root, 'shallow'))
    const shallow = (options: Record<string, unknown>) =>
      runCheck(secretsInRepo, { options, context: { directory: join(clean.root, 'shallow') } })
    expect(await shallow({ commits: 1 })).toMatchObject({ status: 'passed' })
    expect(await shallow({ commits: 2 })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('shallow'),
    })
  })

  it('looks only below its directory', async () => {
    expect(await look(dirty, { directory: 'app' })).toMatchObject({ status: 'passed' })
    expect(await look(dirty, { directory: 'app', commits: 10 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('config.ts in commit'),
    })
  })

  it('runs nothing that a repository names', async () => {
    const planted = makeRepository()
    planted.commit({ 'a.txt': 'text' })
    const trace = plantPrograms(planted)
    expect(await look(planted, { commits: 5 })).toMatchObject({ status: 'passed' })
    expect(existsSync(trace)).toBe(false)
    planted.remove()
  })

  it('says what to install where secretlint is not', async () => {
    const context = {
      signal: AbortSignal.timeout(10_000),
      directory: clean.work,
      env: process.env as Record<string, string>,
      data: noData,
      exec: (file: string, args: readonly string[], options = {}) =>
        exec(file, args, { cwd: clean.work, timeoutMs: 10_000, ...options }),
    }
    expect(await lookForSecrets(secretsInRepo.options.parse({}), context, async () => null)).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('npm install @secretlint/core'),
    })
  })

  it('finds a secret at any place of a long file, with its line', async () => {
    const line = `${'x'.repeat(99)}\n`
    odd.commit({ 'long.txt': `${line.repeat(6000)}${TOKEN}\n${line.repeat(6000)}` })
    expect(await look(odd, { ignore: ['a*', 'big.txt'] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('long.txt:6001 (github)'),
    })
  })

  it('cuts text into pieces that overlap and lose nothing', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `line ${index} ${'y'.repeat(30)}`).join('\n')
    const pieces = piecesOf(text)
    expect(pieces.length).toBeGreaterThan(2)
    for (const { piece, line } of pieces) expect(piece.startsWith(`line ${line - 1} `)).toBe(true)
    expect(pieces.at(-1)?.piece.endsWith(text.slice(-100))).toBe(true)
    expect(
      piecesOf('z'.repeat(1_000_000))
        .map(({ piece }) => piece)
        .join(''),
    ).toHaveLength(1_000_000)
  })

  it('reads a log without being led astray by what stands in files', () => {
    const log =
      'commit abc\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n+++ b/fake\n+commit def\n+diff --git\ncommit 123\n\ndiff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-old\n+new\n'
    expect(addedLines(log)).toEqual([
      { commit: 'abc', path: 'x', text: '++ b/fake\ncommit def\ndiff --git' },
      { commit: '123', path: 'y', text: 'new' },
    ])
  })
})

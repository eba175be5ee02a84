import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { gitTag } from './git-tag.ts'
import { makeRepository, plantPrograms, type Repository } from './git.fixture.ts'

const hasSshKeygen = !spawnSync('ssh-keygen', ['-?']).error
if (!hasSshKeygen) console.warn('SKIPPED: signatures of tags, for want of ssh-keygen')

let repository: Repository
let hostile: HostileServer
const tagged = (options: Record<string, unknown>) => ({ options, context: { directory: repository.work } })
const look = (options: Record<string, unknown>) => runCheck(gitTag, tagged(options))

/** v1.0.0 is annotated and one commit behind; v2.0.0 is annotated and at the head; both are pushed, `local` is not. */
beforeAll(async () => {
  hostile = await startHostile()
  repository = makeRepository()
  const { git, commit } = repository
  commit({ 'a.txt': '1' })
  git('tag', '-a', 'v1.0.0', '-m', 'one')
  commit({ 'a.txt': '2' })
  git('tag', '-a', 'v2.0.0', '-m', 'two')
  git('tag', 'light')
  git('push', '--quiet', 'origin', 'main', '--tags')
  git('tag', 'local')
  git('remote', 'add', 'silent', `${hostile.url}/silent/app.git`)
  git('remote', 'add', 'nobody', 'http://ops:tag-password@127.0.0.1:1/app.git')
  git('remote', 'add', 'shut', `${hostile.url}/401/app.git`)
  git('remote', 'add', 'odd', `${hostile.url}/ansi/app.git`)
  git('remote', 'add', 'garbage', `${hostile.garbageUrl}/app.git`)
})
afterAll(async () => {
  await hostile.stop()
  repository.remove()
})

checkContract(gitTag, {
  passing: () => tagged({ tag: 'v2.0.0', annotated: true }),
  failing: () => tagged({ tag: 'v1.0.0' }),
  unverified: () => ({ options: {}, context: { directory: repository.root } }),
  slow: () => tagged({ tag: 'v2.0.0', remote: 'silent' }),
  unreachable: { status: 'unverified', case: () => tagged({ tag: 'v2.0.0', remote: 'nobody' }) },
  hostile: {
    'a remote that asks who we are': { status: 'unverified', case: () => tagged({ tag: 'v2.0.0', remote: 'shut' }) },
    'a remote that sends escapes': { status: 'unverified', case: () => tagged({ tag: 'v2.0.0', remote: 'odd' }) },
    'a remote that speaks no HTTP': { status: 'unverified', case: () => tagged({ tag: 'v2.0.0', remote: 'garbage' }) },
    'a corrupt repository': {
      status: 'unverified',
      case: () => {
        const directory = join(repository.root, 'corrupt')
        mkdirSync(join(directory, '.git'), { recursive: true })
        writeFileSync(join(directory, '.git', 'HEAD'), ANSI)
        return { options: {}, context: { directory } }
      },
    },
  },
  mentions: () => ['v2.0.0', 'annotated', 'origin'],
  failingExample: () => ({ directory: repository.work }),
  recognises: {
    clear: [
      'Tag `v3.1.0` pushed',
      'Release tag pushed',
      'Git tag created',
      'Version tagged',
      'Tag v2.0.1 signed and pushed',
    ],
    unclear: [
      'Create tag v2.0.0',
      'Docker image tagged and pushed',
      'Tag the release',
      'Image tag is not latest',
      'Release is tagged v2.0.0',
    ],
  },
})

describe('git-tag', () => {
  it('takes a pattern for any such tag at the commit that is checked out', async () => {
    expect(await look({ tag: 'v*' })).toMatchObject({ status: 'passed', summary: expect.stringContaining('v2.0.0') })
    expect(await look({ tag: 'rc-*' })).toMatchObject({ status: 'failed' })
  })

  it('fails a tag that was not pushed, and one that was moved since', async () => {
    expect(await look({ tag: 'local' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('not at origin'),
    })
    expect(await look({ tag: 'local', pushed: false })).toMatchObject({ status: 'passed' })
    repository.git('tag', '-a', '-f', 'v1.0.0', '-m', 'moved')
    expect(await look({ tag: 'v1.0.0' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('another one'),
    })
  })

  it('tells a light tag from an annotated one, and does not believe a signature that is not there', async () => {
    expect(await look({ tag: 'light' })).toMatchObject({ status: 'passed' })
    expect(await look({ tag: 'light', annotated: true })).toMatchObject({ status: 'failed' })
    expect(await look({ tag: 'v2.0.0', signed: true })).toMatchObject({ status: 'unverified' })
  })

  it.skipIf(!hasSshKeygen)('verifies a signature, and does not pass one by a key that nobody allowed', async () => {
    const { root, git } = repository
    const key = join(root, 'key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    writeFileSync(join(root, 'allowed'), `test@localhost ${readFileSync(`${key}.pub`, 'utf8')}`)
    git('config', 'gpg.format', 'ssh')
    git('config', 'user.signingKey', key)
    git('tag', '-s', 'signed', '-m', 'signed')
    expect(await look({ tag: 'signed', signed: true, pushed: false })).toMatchObject({ status: 'unverified' })
    git('config', 'gpg.ssh.allowedSignersFile', join(root, 'allowed'))
    expect(await look({ tag: 'signed', signed: true, pushed: false })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('signature verified'),
    })
  })

  it('does not take a shallow clone for one whose tags are all there', async () => {
    const { root, git } = repository
    git('clone', '--quiet', '--depth=1', '--no-tags', `file://${join(root, 'upstream.git')}`, join(root, 'shallow'))
    const outcome = await runCheck(gitTag, {
      options: { tag: 'v2.0.0' },
      context: { directory: join(root, 'shallow') },
    })
    expect(outcome).toMatchObject({ status: 'unverified', remedy: expect.stringContaining('--tags') })
  })

  it('takes a name that looks like an option for a name', async () => {
    expect(await look({ tag: '--delete' })).toMatchObject({ status: 'failed' })
    expect(await look({ tag: '-d*' })).toMatchObject({ status: 'failed' })
  })

  it('shows no password of a remote, and says it where there is none of that name', async () => {
    const outcome = await look({ tag: 'v2.0.0', remote: 'nobody' })
    expect(JSON.stringify(outcome)).not.toContain('tag-password')
    expect(await look({ tag: 'v2.0.0', remote: 'typo' })).toMatchObject({
      status: 'unverified',
      remedy: expect.stringContaining('remote'),
    })
  })

  it('does not judge an empty repository, and runs nothing that a repository names', async () => {
    const other = makeRepository()
    const env = { ...(process.env as Record<string, string>), GNUPGHOME: other.root }
    const ask = (options: Record<string, unknown>) =>
      runCheck(gitTag, { options, context: { directory: other.work, env } })
    expect(await ask({ pushed: false })).toMatchObject({ status: 'unverified' })
    other.commit({ 'a.txt': '1' })
    other.git('tag', 'v1')
    other.git('tag', '-a', 'v2', '-m', 'two\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----')
    const trace = plantPrograms(other)
    expect(await ask({ tag: 'v1', pushed: false })).toMatchObject({ status: 'passed' })
    expect(await ask({ tag: 'v1' })).toMatchObject({ status: 'unverified' })
    expect(await ask({ tag: 'v2', pushed: false, signed: true })).toMatchObject({ status: 'unverified' })
    expect(trace).not.toSatisfy((path: string) => existsSync(path))
    other.remove()
  })
})

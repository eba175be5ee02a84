import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI, startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { makeRepository, plantPrograms } from './git.fixture.ts'
import { gitState } from './git-state.ts'

let root = ''
let work = ''
let silent: Server
let hostile: HostileServer
const sockets = new Set<Socket>()

function git(...args: string[]): string {
  const identity = [
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@localhost',
    '-c',
    'commit.gpgsign=false',
    '-c',
    'tag.gpgsign=false',
  ]
  return execFileSync('git', [...identity, ...args], {
    cwd: work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

/** A clone on main, in sync with its upstream, tagged v1.0.0 one commit before its head. */
beforeAll(async () => {
  hostile = await startHostile()
  root = mkdtempSync(join(tmpdir(), 'gonogo-git-'))
  work = root
  git('init', '--bare', '--initial-branch=main', 'upstream.git')
  git('init', '--initial-branch=main', 'work')
  work = join(root, 'work')
  for (const version of ['1', '2']) {
    writeFileSync(join(work, 'version.txt'), version)
    git('add', '.')
    git('commit', '-m', `version ${version}`)
    if (version === '1') git('tag', '-a', 'v1.0.0', '-m', 'first')
  }
  git('tag', 'v2.0.0')
  git('remote', 'add', 'origin', '../upstream.git')
  git('push', '--quiet', '--set-upstream', 'origin', 'main')
  silent = createServer((socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  git('branch', 'waiting')
  git('remote', 'add', 'deaf', `git://127.0.0.1:${(silent.address() as AddressInfo).port}/app.git`)
  git('config', 'branch.waiting.remote', 'deaf')
  git('config', 'branch.waiting.merge', 'refs/heads/main')
})
beforeEach(() => {
  git('checkout', '--quiet', '--force', 'main')
  git('clean', '--quiet', '-fd')
})
afterAll(async () => {
  await hostile.stop()
  silent.close()
  for (const socket of sockets) socket.destroy()
  rmSync(root, { recursive: true, force: true })
})

const state = (options: Record<string, unknown>) => ({ options, context: { directory: work } })

checkContract(gitState, {
  passing: () => state({ branch: ['main', 'release'], tag: 'v2.0.0', tagAtHead: true, inSync: true }),
  failing: () => state({ branch: 'release' }),
  unverified: () => ({ options: {}, context: { directory: root } }),
  slow: () => {
    git('checkout', '--quiet', 'waiting')
    return state({ inSync: true })
  },
  unreachable: {
    status: 'unverified',
    case: () => {
      git('branch', '--force', 'nobody')
      git('config', 'branch.nobody.remote', 'git://127.0.0.1:1/app.git')
      git('config', 'branch.nobody.merge', 'refs/heads/main')
      git('checkout', '--quiet', 'nobody')
      return state({ inSync: true })
    },
  },
  hostile: {
    'a corrupt repository': {
      status: 'unverified',
      case: () => {
        const directory = join(root, 'corrupt')
        mkdirSync(join(directory, '.git', 'objects'), { recursive: true })
        mkdirSync(join(directory, '.git', 'refs'), { recursive: true })
        writeFileSync(join(directory, '.git', 'HEAD'), `ref: refs/heads/${ANSI}`)
        writeFileSync(join(directory, '.git', 'index'), ANSI)
        return { options: {}, context: { directory } }
      },
    },
    'escapes in the name of a file': {
      status: 'failed',
      case: () => {
        writeFileSync(join(work, ANSI.replaceAll(/[\0/]/g, '')), '')
        return state({})
      },
    },
    'an upstream that is no git server': {
      status: 'unverified',
      case: () => {
        git('branch', '--force', 'web')
        git('config', 'branch.web.remote', `${hostile.url}/401/app.git`)
        git('config', 'branch.web.merge', 'refs/heads/main')
        git('checkout', '--quiet', 'web')
        return state({ inSync: true })
      },
    },
  },
  mentions: () => ['clean', 'main or release', 'v2.0.0', 'upstream'],
  failingExample: () => ({ directory: work }),
  recognises: {
    clear: [
      'Git working tree is clean',
      'Release is tagged v2.0.0',
      'Deploying from a checkout on the `main` branch',
      'All changes committed',
      'Local branch is in sync with origin',
    ],
    unclear: [
      'Code merged',
      'All branches reviewed',
      'Clean up the tree',
      'Tag vX.Y.Z created',
      'Docker image tagged 2.0.0',
      'Create tag v2.0.0',
      'Tag `v1.4.2` pushed',
      'Pipeline green on the main branch',
      'This tag is tried: https://forge.test/shop/releases/tag/4.2.0',
    ],
  },
})

const look = (options: Record<string, unknown>) => runCheck(gitState, state(options))

describe('git-state', () => {
  it('fails a changed file and an untracked one, each by name', async () => {
    writeFileSync(join(work, 'version.txt'), 'edited')
    expect(await look({})).toMatchObject({ status: 'failed', summary: expect.stringContaining('version.txt') })
    git('checkout', '--quiet', '--force', 'main')
    writeFileSync(join(work, 'new file.txt'), '')
    expect(await look({})).toMatchObject({ status: 'failed', summary: expect.stringContaining('new file.txt') })
    expect(await look({ untracked: true })).toMatchObject({ status: 'passed' })
  })

  it('fails a tag that is missing or at another commit', async () => {
    expect(await look({ tag: 'v9.9.9' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('there is no tag v9.9.9'),
    })
    expect(await look({ tag: 'v1.0.0' })).toMatchObject({ status: 'passed' })
    expect(await look({ tag: 'v1.0.0', tagAtHead: true })).toMatchObject({ status: 'failed' })
  })

  it('asks the upstream itself, not what was fetched some time ago', async () => {
    git('push', '--quiet', 'origin', '+v1.0.0^{}:refs/heads/main')
    git('update-ref', 'refs/remotes/origin/main', 'main')
    expect(await look({ inSync: true })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('origin has'),
    })
    git('push', '--quiet', 'origin', '+main')
    expect(await look({ inSync: true })).toMatchObject({ status: 'passed' })
  })

  it('fails what cannot be in sync: no upstream, no branch', async () => {
    git('checkout', '--quiet', '-B', 'alone')
    expect(await look({ inSync: true })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no upstream'),
    })
    git('checkout', '--quiet', '--detach')
    expect(await look({ inSync: true, branch: 'main' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('main wanted; no branch is checked out'),
    })
  })

  it('is unverified when the upstream does not answer', async () => {
    git('checkout', '--quiet', 'waiting')
    expect(await look({ inSync: true, timeoutMs: 200 })).toMatchObject({ status: 'unverified' })
  })

  it('does not show a password that stands in the address of the upstream', async () => {
    git('branch', '--force', 'shut')
    git('config', 'branch.shut.remote', 'http://ops:shut-password@127.0.0.1:1/app.git')
    git('config', 'branch.shut.merge', 'refs/heads/main')
    git('checkout', '--quiet', 'shut')
    const outcome = await look({ inSync: true })
    expect(outcome).toMatchObject({ status: 'unverified', summary: expect.stringContaining('127.0.0.1:1') })
    expect(JSON.stringify(outcome)).not.toContain('shut-password')
  })

  it('runs nothing that the configuration of a repository names', async () => {
    const planted = makeRepository()
    try {
      planted.commit({ 'a.txt': 'a' })
      planted.git('push', '--quiet', '--set-upstream', 'origin', 'main')
      const trace = plantPrograms(planted)
      const outcome = await runCheck(gitState, { options: { inSync: true }, context: { directory: planted.work } })
      expect(outcome).toMatchObject({ status: 'passed' })
      expect(existsSync(trace)).toBe(false)
      planted.git('status')
      expect(existsSync(trace)).toBe(true)
    } finally {
      planted.remove()
    }
  })

  it('changes nothing in the repository', async () => {
    const index = join(work, '.git', 'index')
    // A file with the same content and another time is what makes git refresh its index.
    utimesSync(join(work, 'version.txt'), new Date(0), new Date(0))
    const before = [readFileSync(index, 'hex'), statSync(index).mtimeMs, git('for-each-ref')]
    await look({ inSync: true, tag: 'v1.0.0' })
    expect([readFileSync(index, 'hex'), statSync(index).mtimeMs, git('for-each-ref')]).toEqual(before)
  })
})

// The ways a person goes with gonogo, by the command line alone: from an empty start to a returned document; steering a run from
// another terminal; interrupting it and going on; reading its output by machine.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse, parseDocument } from 'yaml'
import type { Item } from '../../src/plan/plan.ts'
import { freePort, gonogo, GONOGO, removeFolder, startGonogo, temporaryFolder, until } from './gonogo.ts'
import { smallProject, type SmallProject } from './small-project.ts'

const DOCUMENT = `# Release of the notes

## Before the release

- [ ] Node.js 18+ is installed
- [ ] At least 10 MB of free disk space
- [ ] NOTES_HOME environment variable is set
- [ ] \`notes.txt\` is readable

## Deployment

\`\`\`bash
# 1. Put the notes in their place
cp notes.txt published.txt
\`\`\`

- [ ] \`published.txt\` is readable

## Log

\`\`\`
Date: ____________________
Engineer: ____________________
\`\`\`
`

// oxlint-disable-next-line no-control-regex -- escape codes are control characters
const ESCAPE = /\u001B/

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

afterEach(async () => {
  await removeFolder(folder)
})

/** Runs gonogo and insists on its exit code. */
async function say(code: number, ...args: string[]): Promise<string> {
  const finished = await gonogo(folder, args, { env: { NOTES_HOME: folder } })
  expect({ args, ...finished }).toMatchObject({ args, code })
  return finished.stdout
}

test('from a checklist and a package.json to the returned document', async () => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@team/notes' }))
  writeFileSync(join(folder, 'DEPLOYMENT_CHECKLIST.md'), DOCUMENT)
  writeFileSync(join(folder, 'notes.txt'), 'notes\n')

  expect(await say(0, 'init')).toContain('DEPLOYMENT_CHECKLIST.md')
  expect(readFileSync(join(folder, 'gonogo.yaml'), 'utf8')).toMatch(/service: "?notes/)
  expect(await say(0, 'plan')).toMatch(/proposed: .*node-version/)
  expect(await say(3, 'check')).toMatch(/NOT VERIFIED/)
  await say(0, 'bind', '--all')
  const proposed = bindings().map(({ check }) => check)
  expect(proposed).toEqual(expect.arrayContaining(['node-version', 'disk', 'env']))
  bindByHand()
  expect(await say(0, 'plan', '--lock')).not.toMatch(/not bound/)
  expect(await say(0, 'check')).toMatch(/^GO$/m)
  expect(existsSync(join(folder, 'published.txt'))).toBe(false)

  const said = await say(0, 'deploy', '--yes', '--no-wait', '--as', 'emil')
  expect(readFileSync(join(folder, 'published.txt'), 'utf8')).toBe('notes\n')
  const returned = await say(0, 'return')
  const date = new Date().toISOString().slice(0, 10)
  const wanted = DOCUMENT.replaceAll('[ ]', '[x]')
    .replace(/(Date: ).*/, `$1${date}`)
    .replace(/(Engineer: ).*/, '$1emil')
  expect(returned).toBe(wanted)
  expect(readFileSync(join(folder, 'DEPLOYMENT_CHECKLIST.md'), 'utf8')).toBe(DOCUMENT)
  const report = /report +(\S+\.html)/.exec(said)?.[1] ?? ''
  expect(readFileSync(report, 'utf8')).toContain('Put the notes in their place')
  expect(await say(0, 'ledger', 'verify')).toMatch(/as they were written/)
})

/** Entries under `bindings` as they stand in gonogo.yaml. */
function bindings(): { check?: string }[] {
  const { bindings: entries } = parse(readFileSync(join(folder, 'gonogo.yaml'), 'utf8')) as { bindings: object }
  return Object.values(entries)
}

/** What nobody proposes is written by hand: two files to look at, and leave for the command of the document to run. */
function bindByHand(): void {
  const path = join(folder, 'gonogo.yaml')
  const { stdout } = spawnSync(process.execPath, [GONOGO, 'plan', '--format', 'json'], { cwd: folder })
  const { items } = JSON.parse(stdout.toString()) as { items: (Item & { binding: { type: string } | null })[] }
  const document = parseDocument(readFileSync(path, 'utf8'))
  for (const { id, text, commands, binding } of items) {
    if (binding?.type !== 'unbound') continue
    const file = /\w+\.txt/.exec(text)?.[0]
    const look = { check: 'file-permissions', with: { path: file, readable: true } }
    const run = { action: 'command', with: { undo: ['rm', 'published.txt'] } }
    document.setIn(['bindings', id], commands.length > 0 ? run : look)
  }
  writeFileSync(path, document.toString())
}

describe('steering a run', () => {
  let project: SmallProject
  let port: number
  let users: Users

  beforeEach(async () => {
    port = await freePort()
    project = smallProject(folder, { port })
    await say(0, 'up', 'v1')
    await say(0, 'plan', '--lock')
    users = startUsers(port)
  })

  afterEach(async () => {
    users.stop()
    await gonogo(folder, ['down'])
  })

  test('reject, approve, pause, resume, promote, fill, from another process; its output as JSON lines', async () => {
    const { Agreement = '', Ticket = '', 'Release manager': signature = '' } = project.items
    const deploy = startGonogo(folder, ['deploy', '--yes', '--json', '--as', 'emil'])
    const run = await runOf()
    await asked(run, Agreement)
    await say(0, 'reject', run, Agreement, '--as', 'emil', '--reason', 'not yet')
    await until('the pause', async () => (await status(run)).state === 'paused')
    expect((await status(run)).open).toMatchObject([
      { item: Agreement, status: 'failed', detail: expect.stringMatching(/not yet/) },
    ])
    await say(0, 'approve', run, Agreement, '--as', 'emil')

    await stageDone(run, 'half')
    await say(0, 'pause', run, '--as', 'rita', '--reason', 'lunch')
    await until('the pause', async () => (await status(run)).reason === 'lunch')
    await say(0, 'resume', run)
    await until('the run to go on', async () => (await status(run)).state !== 'paused')
    await say(0, 'promote', run)
    await stageDone(run, 'whole')
    await say(0, 'promote', run)

    await asked(run, signature)
    await say(0, 'fill', run, Ticket, '--set', 'value=OPS-17')
    await say(0, 'approve', run, '--all')
    const { code, stdout, stderr } = await deploy.finished
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.every(({ at, type }) => typeof at === 'string' && typeof type === 'string')).toBe(true)
    expect(events.at(-1)).toMatchObject({ type: 'run', state: 'succeeded' })
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set(['run', 'phase', 'item', 'stage', 'needs', 'way-back']),
    )
    const returned = await say(0, 'return', run)
    expect(returned).toMatch(/^Ticket: OPS-17$/m)
    expect(returned).not.toContain('[ ]')
    expect(users.failed()).toBe(0)
    expect(await versionNow()).toBe('v2')
  })

  test('waive, then abort: what was changed is taken back', async () => {
    const { Agreement = '', Settings = '' } = project.items
    rmSync(join(folder, 'settings.json'))
    const deploy = startGonogo(folder, ['deploy', '--yes'])
    const run = await runOf()
    await asked(run, Agreement)
    await say(0, 'approve', run, Agreement, '--as', 'emil')
    await until('the failed item alone', async () => (await status(run)).open.length === 1)
    await say(0, 'waive', run, Settings, '--as', 'emil', '--reason', 'defaults will do')
    await stageDone(run, 'half')
    await say(0, 'abort', run, '--reason', 'changed our minds')
    expect((await deploy.finished).code).toBe(1)
    expect(await status(run)).toMatchObject({ state: 'aborted', reason: 'changed our minds' })
    expect(await versionNow()).toBe('v1')
    expect(await say(0, 'report', run, '--format', 'markdown')).toMatch(/defaults will do/)
    expect(await say(0, 'return', run)).toMatch(/\[ \] \*\*Settings\*\*/)
    expect(users.failed()).toBe(0)
  })

  test('Ctrl-C with the candidate live, then resume', async () => {
    const { Agreement = '' } = project.items
    const deploy = startGonogo(folder, ['deploy', '--yes'])
    const run = await runOf()
    await asked(run, Agreement)
    await say(0, 'approve', run, Agreement, '--as', 'emil')
    await stageDone(run, 'half')
    deploy.child.kill('SIGINT')
    const { code, stdout, stderr } = await deploy.finished
    expect(code).toBe(3)
    expect(stdout).toMatch(new RegExp(`not over.*watchdog.*\n.*gonogo resume ${run}`))
    expect(stderr).toMatch(/safe point/)
    expect(await say(0, 'status', run)).toMatch(/conducted by nobody/)

    const resumed = startGonogo(folder, ['resume', run])
    await until('a conductor', async () => (await status(run)).conductor !== null)
    await say(0, 'promote', run)
    await stageDone(run, 'whole')
    await say(0, 'promote', run)
    await asked(run, project.items['Release manager'] ?? '')
    await say(0, 'approve', run, '--all')
    expect((await resumed.finished).code).toBe(0)
    expect(await status(run)).toMatchObject({ state: 'succeeded' })
    expect(await say(0, 'ledger', 'verify', run)).toMatch(/as they were written/)
    expect(users.failed()).toBe(0)
    expect(stdout + stderr + resumed.said()).not.toMatch(ESCAPE)
  })

  interface Status {
    state: string
    reason: string | null
    position: string
    conductor: number | null
    open: { item: string; status: string }[]
  }

  async function status(run: string): Promise<Status> {
    return JSON.parse(await say(0, 'status', run, '--format', 'json')) as Status
  }

  function runOf(): Promise<string> {
    return until('the run', async () => {
      const { stdout } = await gonogo(folder, ['status', '--format', 'json'])
      return stdout.startsWith('{') && (JSON.parse(stdout) as { id: string }).id
    })
  }

  async function asked(run: string, item: string): Promise<void> {
    await until(`the question about ${item}`, async () =>
      (await status(run)).open.some((open) => open.item === item && open.status === 'asked'),
    )
  }

  async function stageDone(run: string, stage: string): Promise<void> {
    await until(`the end of stage ${stage}`, async () =>
      (await status(run)).position.startsWith(`approval of stage ${stage}`),
    )
  }

  async function versionNow(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${port}/`)).text()
  }
})

describe('colours', () => {
  test('none where nobody looks, nor with NO_COLOR', async () => {
    smallProject(folder, { port: await freePort() })
    for (const args of [['plan'], ['check'], ['kinds'], ['status'], ['deploy'], ['no-such-command']]) {
      const { stdout, stderr } = await gonogo(folder, args)
      expect({ args, escapes: ESCAPE.test(stdout + stderr) }).toEqual({ args, escapes: false })
    }
  })

  test('NO_COLOR on a terminal', async ({ skip }) => {
    smallProject(folder, { port: await freePort() })
    if (spawnSync('script', ['--version']).error) {
      console.warn('SKIPPED: there is no program "script" here; NO_COLOR is not tried on a terminal')
      return skip('no terminal can be had')
    }
    const onTerminal = (env: Record<string, string>): string =>
      spawnSync('script', ['-qec', `${process.execPath} ${GONOGO} plan`, '/dev/null'], {
        cwd: folder,
        env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env },
      }).stdout.toString()
    expect(onTerminal({})).toMatch(ESCAPE)
    expect(onTerminal({ NO_COLOR: '1' })).not.toMatch(ESCAPE)
  })
})

interface Users {
  /** Requests without a good answer so far. */
  failed(): number
  stop(): void
}

/** Somebody uses the service all the time: a stage without a request proves nothing. */
function startUsers(port: number): Users {
  let failed = 0
  const timer = setInterval(() => {
    fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) }).then(
      ({ ok }) => (failed += ok ? 0 : 1),
      () => (failed += 1),
    )
  }, 30)
  return { failed: () => failed, stop: () => clearInterval(timer) }
}

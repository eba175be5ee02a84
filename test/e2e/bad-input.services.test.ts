// Bad input and a bad outside: one line that names the place and the remedy, the documented exit code, nothing changed.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  contentsOf,
  freePort,
  gonogo,
  removeFolder,
  startGonogo,
  temporaryFolder,
  until,
  type Finished,
} from './gonogo.ts'
import { CHECKLIST, smallProject, type SmallProject } from './small-project.ts'

let folder: string
let port: number
let project: SmallProject

beforeEach(async () => {
  folder = temporaryFolder()
  port = await freePort()
  project = smallProject(folder, { port })
})

afterEach(async () => {
  await removeFolder(folder)
})

const plan = (): Promise<Finished> => gonogo(folder, ['plan'])
const lock = async (): Promise<void> => void (await expectDone(gonogo(folder, ['plan', '--lock'])))
const edit = (name: string, from: string, to: string): void => {
  const path = join(folder, name)
  const text = readFileSync(path, 'utf8')
  expect(text).toContain(from)
  writeFileSync(path, text.replace(from, to))
}

describe('the document', () => {
  test.each([
    ['empty', () => Buffer.alloc(0), /CHECKLIST\.md.*(empty|nothing)/i],
    [
      'binary',
      () => Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 37) % 256)),
      /CHECKLIST\.md.*text/i,
    ],
    [
      'without anything to check',
      () => Buffer.from('# Notes\n\nNothing here.\n'),
      /CHECKLIST\.md.*nothing to check.*- \[ \]/,
    ],
  ])('%s', async (_, bytes, words) => {
    writeFileSync(join(folder, 'CHECKLIST.md'), bytes())
    await expectRefused(plan, words)
  })

  test('of 50 MB', async () => {
    const line = '- [ ] **Item**: it is so and so and so\n'
    writeFileSync(join(folder, 'CHECKLIST.md'), line.repeat(Math.ceil((50 << 20) / line.length)))
    const startedAt = performance.now()
    await expectRefused(plan, /CHECKLIST\.md.*5\d{7} bytes.*at most/)
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  test('that is not there', async () => {
    rmSync(join(folder, 'CHECKLIST.md'))
    await expectRefused(plan, /CHECKLIST\.md.*no such document.*checklist:/)
  })

  test('changed after it was reviewed', async () => {
    await lock()
    writeFileSync(join(folder, 'CHECKLIST.md'), CHECKLIST.replace('it is as it should be', 'all is well'))
    await expectRefused(() => gonogo(folder, ['deploy', '--yes']), /CHECKLIST\.md changed since.*plan --lock/)
  })
})

describe('gonogo.yaml', () => {
  test('not YAML', async () => {
    edit('gonogo.yaml', 'service: small', 'service: [small')
    await expectRefused(plan, /gonogo\.yaml:\d+: .*valid YAML/)
  })

  test('a value of the wrong type', async () => {
    edit('gonogo.yaml', 'instances: 1', 'instances: several')
    await expectRefused(plan, /gonogo\.yaml:\d+: targets\/app\/instances: .*(number|int)/)
  })

  test('an unknown key', async () => {
    edit('gonogo.yaml', 'service: small', 'service: small\nenviroment: production')
    await expectRefused(plan, /gonogo\.yaml:\d+: .*enviroment/)
  })

  test('an unknown kind of check', async () => {
    edit('gonogo.yaml', 'check: file-permissions', 'check: file-permision')
    await expectRefused(plan, /gonogo\.yaml:\d+: bindings\/.*file-permision.*file-permissions/)
  })

  test('a binding of an item that is not there', async () => {
    const { Settings = '' } = project.items
    edit('gonogo.yaml', Settings, Settings.replace('settings', 'setings'))
    await expectRefused(plan, new RegExp(`gonogo\\.yaml(:\\d+)?: bindings/.*no item .*${Settings}`))
  })

  test('a secret that is not set', async () => {
    project.configure({ secrets: { TOKEN: '${env:GONOGO_TEST_TOKEN}' } })
    await lock()
    for (const args of [['deploy', '--yes'], ['check']])
      await expectRefused(() => gonogo(folder, args), /gonogo\.yaml: secrets\/TOKEN: .*GONOGO_TEST_TOKEN.*export/)
  })

  test('changed after it was reviewed', async () => {
    await lock()
    edit('gonogo.yaml', 'weight: 50', 'weight: 60')
    await expectRefused(() => gonogo(folder, ['deploy', '--yes']), /gonogo\.yaml changed since.*plan --lock/)
  })

  test('not there', async () => {
    rmSync(join(folder, 'gonogo.yaml'))
    await expectRefused(() => gonogo(folder, ['check']), /gonogo\.yaml.*gonogo init/)
  })
})

describe('the command line', () => {
  test.each([
    ['an unknown command', ['deply'], /deply.*did you mean deploy\?.*--help/],
    ['an unknown option', ['deploy', '--fast'], /--fast/],
    ['a value that is not possible', ['deploy', '--yes', '--time-scale', '0'], /--time-scale 0.*from 1/],
    ['a missing argument', ['ledger'], /verb/],
    ['an emergency with nothing live', ['rollback', '--emergency', '--reason', 'x'], /live/],
    ['a rollback without a reason', ['rollback', '--gradual'], /--reason/],
  ])('%s', async (_, args, words) => {
    await lock()
    await expectRefused(() => gonogo(folder, args), words)
  })
})

test('nobody is there to confirm', async () => {
  await lock()
  await expectRefused(() => gonogo(folder, ['deploy']), /confirm.*--yes/, { introduced: true })
})

describe('the outside', () => {
  test('a database that does not answer', async () => {
    await lock()
    const env = { DATABASE_URL: `postgres://gonogo@127.0.0.1:${await freePort()}/gonogo` }
    await expectRefused(() => gonogo(folder, ['deploy', '--yes'], { env }), /postgres: .*DATABASE_URL.*unset/, {
      introduced: true,
    })
  })

  test("the router's port is taken", async () => {
    const other = createServer((_, response) => response.end('mine'))
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    try {
      await expectRefused(() => gonogo(folder, ['up', 'v1']), new RegExp(`router edge: .*${port}`))
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('mine')
    } finally {
      other.close()
      other.closeAllConnections()
      await gonogo(folder, ['down'])
    }
  })

  test('a first version that never becomes healthy', async () => {
    makeIll('v1')
    await expectRefused(
      () => gonogo(folder, ['up', 'v1']),
      /target app: v1-1 did not become healthy.*503.*: first line \| second line; .*see /,
    )
    expect((await gonogo(folder, ['down'])).code).toBe(0)
  })

  test('a disk that is full for the backup', async ({ skip }) => {
    const disk = join(folder, 'backups')
    mkdirSync(disk)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0) {
      console.warn('SKIPPED: a small disk cannot be mounted here (not root?); a full disk is not tried')
      return skip('cannot mount a small disk')
    }
    try {
      await expectRefused(() => gonogo(folder, ['backup', 'create', 'data']), /(backup|sqlite).*(space|free|full).*/i)
      expect(readdirSync(disk)).toEqual([])
    } finally {
      spawnSync('umount', [disk])
    }
  })

  test('a database to back up that is cut in half', async () => {
    truncateSync(join(folder, 'data/small.db'), 300_000)
    const { code } = await gonogo(folder, ['backup', 'create', 'data'])
    expect(code).not.toBe(0)
  })
})

describe('a release', () => {
  test('of a version that never becomes healthy leaves all traffic where it is', async () => {
    makeIll('v2')
    await expectDone(gonogo(folder, ['up', 'v1']))
    await lock()
    try {
      const hasty = startGonogo(folder, ['deploy', '--yes', '--no-wait', '--time-scale', '10'])
      // Nobody answers in a pipeline: the poll alone is a NO-GO.
      expect((await hasty.finished).code).toBe(1)
      project.configure({
        ...illConfig('v2'),
        bindings: {
          ...(project.config.bindings as object),
          [project.items['Agreement'] ?? '']: { skip: 'nobody to ask' },
        },
      })
      await lock()
      const piped = await gonogo(folder, ['deploy', '--yes', '--no-wait'])
      expect(piped).toMatchObject({ code: 1, stderr: '' })
      expect(piped.stdout).toMatch(/v2-1 did not become healthy/)
      expect(piped.stdout).toMatch(/NO-GO/)
      expect(await answering()).toEqual(Array(20).fill('v1'))

      const waiting = startGonogo(folder, ['deploy', '--yes'])
      await until('the pause', () => /gonogo resume/.test(waiting.said()))
      const status = JSON.parse((await gonogo(folder, ['status', '--format', 'json'])).stdout)
      expect(status).toMatchObject({ state: 'paused', open: [{ status: 'failed' }] })
      expect(await answering()).toEqual(Array(20).fill('v1'))
      await expectDone(gonogo(folder, ['abort', status.id, '--reason', 'v2 is ill', '--as', 'emil']))
      expect((await waiting.finished).code).toBe(1)
      await expectRefused(() => gonogo(folder, ['resume', status.id]), /has ended: aborted.*gonogo report/)
    } finally {
      await expectDone(gonogo(folder, ['down']))
    }
  })

  test('that is asked for twice at once, answered by nobody who may', async () => {
    await lock()
    const first = startGonogo(folder, ['deploy', '--yes', '--as', 'emil'])
    try {
      const run = await until(
        'the question',
        () => /asked|wanted/.test(first.said()) && /run (\S+)/.exec(first.said())?.[1],
      )
      await expectRefused(
        () => gonogo(folder, ['deploy', '--yes']),
        new RegExp(`run ${run}, started by emil.*gonogo status ${run}`),
        { introduced: true },
      )
      const { Agreement = '', Settings = '' } = project.items
      await expectRefused(
        () => gonogo(folder, ['approve', run, Agreement, '--as', 'rita']),
        /rita may not answer.*team: emil.*--as/,
      )
      await expectRefused(() => gonogo(folder, ['approve', run, Settings, '--as', 'emil']), /not a question.*waive/)
      await expectRefused(
        () => gonogo(folder, ['approve', run, 'agrement', '--as', 'emil']),
        /no item "agrement".*agreement|status|plan/,
      )
      await expectRefused(() => gonogo(folder, ['waive', run, Agreement, '--as', 'rita']), /reason/)
      await expectRefused(
        () => gonogo(folder, ['waive', run, Agreement, '--as', 'nobody', '--reason', 'x']),
        /nobody is not among the people.*--as/,
      )
      await expectRefused(() => gonogo(folder, ['promote', run, '--as', 'emil']), /emil may not promote.*rita/)
      await expectRefused(() => gonogo(folder, ['status', 'no-such-run']), /no run no-such-run.*gonogo status/)
      await expectDone(gonogo(folder, ['abort', run]))
    } finally {
      expect((await first.finished).code).toBe(1)
    }
  })
})

function illConfig(version: string): Record<string, unknown> {
  const health = { startTimeoutMs: 2000 }
  const app = { kind: 'process-group', command: ['node', 'server.js'], instances: 1, env: { ILL: version }, health }
  return { targets: { app } }
}

function makeIll(version: string): void {
  project.configure(illConfig(version))
}

/** Which version answers, twenty times. */
async function answering(): Promise<string[]> {
  const answers = Array.from({ length: 20 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).text())
  return Promise.all(answers)
}

/** Exit code 2, one line on stderr that says this, and every file as it was. */
async function expectRefused(
  work: () => Promise<Finished>,
  words: RegExp,
  options: { introduced?: boolean } = {},
): Promise<void> {
  const before = contentsOf(folder)
  const { code, stdout, stderr } = await work()
  expect(stderr).toMatch(words)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).not.toMatch(/bug in gonogo|\n\s+at /)
  expect({ code, stdout: options.introduced ? '' : stdout }).toEqual({ code: 2, stdout: '' })
  expect(contentsOf(folder)).toEqual(before)
}

async function expectDone(work: Promise<Finished>): Promise<Finished> {
  const finished = await work
  expect(finished).toMatchObject({ code: 0 })
  return finished
}

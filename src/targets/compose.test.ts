// Options, dry-run and pure parts; the rest is shown against a real docker in compose.services.test.ts.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { fakePrograms, WITHOUT_PROGRAMS } from '../../test/servers/fake-program.ts'
import { projectName } from './compose/programs.ts'
import { compose } from './compose.ts'

const context = { name: 'app', directory: '/srv', stateDirectory: '/srv/.gonogo', env: {} }

it('knows what its options must say, and shows what it would do', () => {
  const pathsOf = (given: object): unknown[] =>
    compose.options.safeParse({ service: 'web', ...given }).error?.issues.map(({ path }) => path) ?? []
  expect(compose.options.safeParse(compose.failingExample).success).toBe(false)
  expect(pathsOf({ project: 'web-{slot}', instances: 2 })).toEqual([['containerPort']])
  expect(pathsOf({ project: 'web-{slot}', mode: 'in-place' })).toEqual([['project']])
  const options = compose.options.parse({ ...(compose.example as object), variables: { TOKEN: 'secret' } })
  const lines = compose.plan(options, 'v2', context)
  expect(lines).toEqual([
    expect.stringMatching(/ pull --quiet web$/),
    expect.stringMatching(/ up --detach --wait .*--scale web=1$/),
  ])
  expect(lines[1]).toContain('GONOGO_VERSION=v2 TAG=v2 docker compose --project-name')
  expect(lines.join('')).not.toContain('secret')
  expect(compose.abilities(options)).toEqual({ mode: 'beside', reachedBy: 'addresses', resize: true })
})

it('names projects as docker wants them, and no two versions alike', () => {
  const options = compose.options.parse({ service: 'web', project: 'web-{version}' })
  const name = (version: string): string => projectName(options, { version, slot: null, ports: [] })
  expect(name('v2')).toBe('web-v2')
  expect(name('v1.2')).toMatch(/^web-v1-2-[0-9a-f]{6}$/)
  expect(name('v1.2')).not.toBe(name('v1/2'))
})

it.each([
  ['is missing', null, 'cannot run docker'],
  [
    'talks nonsense',
    [
      { when: 'ps', stdout: 'abc\n' },
      { when: 'inspect', stdout: 'nothing' },
    ],
    'nothing that makes sense',
  ],
  ['refuses', [{ stderr: 'permission denied' }], 'permission denied'],
])('says so where docker %s', async (_, replies, words) => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'gonogo-compose-'))
  const programs = replies && fakePrograms({ docker: replies })
  onTestFinished(() => {
    programs?.stop()
    rmSync(stateDirectory, { recursive: true, force: true })
  })
  const env = programs?.env ?? WITHOUT_PROGRAMS
  const target = compose.create(compose.options.parse(compose.example), { ...context, stateDirectory, env })
  await expect(target.prepare('v1', AbortSignal.timeout(20_000))).rejects.toThrow(words)
})

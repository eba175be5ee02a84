import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { licences } from './licences.ts'
import { judgeExpression } from './licences/expression.ts'
import { makeReports, type Reports } from './report.fixture.ts'

let project: Reports
let count = 0

/** A project with a lockfile of npm; gives its directory. */
function locked(packages: Record<string, Record<string, unknown>>): string {
  const name = `locked${++count}`
  project.write(`${name}/package.json`, '{"name":"shop"}')
  const entries = Object.fromEntries(
    Object.entries(packages).map(([path, entry]) => [`node_modules/${path}`, { version: '1.0.0', ...entry }]),
  )
  project.write(
    `${name}/package-lock.json`,
    JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'shop' }, ...entries } }),
  )
  return name
}

const given = (directory: string, options: Record<string, unknown> = {}) => ({
  options: { directory, allow: ['MIT', 'Apache-2.0'], ...options },
  context: { directory: project.directory },
})
const look = (directory: string, options: Record<string, unknown> = {}) => runCheck(licences, given(directory, options))

beforeAll(() => {
  project = makeReports()
})
afterAll(() => project.remove())

checkContract(licences, {
  passing: () =>
    given(
      locked({
        a: { license: 'MIT' },
        b: { license: '(GPL-3.0-only OR Apache-2.0)' },
        c: { license: 'GPL-3.0-only', dev: true },
      }),
    ),
  failing: () => given(locked({ a: { license: 'GPL-3.0-only' } })),
  unverified: () => given(locked({ a: {} })),
  unreachable: { status: 'unverified', case: () => given('no-such-directory') },
  hostile: {
    'alternatives that multiply without end': {
      status: 'unverified',
      case: () => given(locked({ a: { license: Array.from({ length: 40 }, () => '(MIT OR ISC)').join(' AND ') } })),
    },
    'brackets without end': {
      status: 'unverified',
      case: () => given(locked({ a: { license: '('.repeat(100_000) } })),
    },
    'escapes in names and licences': { status: 'unverified', case: () => given(locked({ [ANSI]: { license: ANSI } })) },
    'a path that leads out': { status: 'unverified', case: () => given(locked({ '../../../../etc': {} })) },
    'a lockfile that is none': {
      status: 'unverified',
      case: () => {
        project.write('odd/package.json', '{}')
        project.write('odd/package-lock.json', ANSI)
        return given('odd')
      },
    },
  },
  mentions: () => ['production', 'MIT'],
  failingExample: () => {
    project.write('package.json', '{}')
    project.write(
      'package-lock.json',
      JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0', license: 'MIT' } } }),
    )
    return { directory: project.directory }
  },
  recognises: {
    clear: ['No GPL dependencies', 'No AGPL licensed packages', 'No copyleft licences among the libraries'],
    unclear: [
      'Licence file added',
      'Enterprise licence renewed',
      'Licences reviewed by legal',
      'No GPL text in the footer',
    ],
  },
})

describe('licences', () => {
  it('names package, version and licence of what is not allowed', async () => {
    expect(await look(locked({ a: { license: 'MIT' }, '@x/b': { license: 'AGPL-3.0-or-later' } }))).toMatchObject({
      status: 'failed',
      summary: '2 packages, 1 with a licence that is not allowed: @x/b@1.0.0 (AGPL-3.0-or-later)',
    })
  })

  it('takes what is unlicensed for a no, and what cannot be read for a question, until somebody read it', async () => {
    expect(await look(locked({ a: { license: 'UNLICENSED' } }))).toMatchObject({ status: 'failed' })
    const custom = locked({ a: { license: 'SEE LICENSE IN licence.txt' } })
    expect(await look(custom)).toMatchObject({ status: 'unverified', summary: expect.stringContaining('SEE LICENSE') })
    expect(await look(custom, { known: { 'a@1.0.0': 'MIT' } })).toMatchObject({ status: 'passed' })
    expect(await look(custom, { known: { a: 'GPL-2.0' } })).toMatchObject({ status: 'failed' })
    expect(await look(custom, { ignore: ['a'] })).toMatchObject({ status: 'passed' })
  })

  it('says so where a list has what is no identifier', async () => {
    expect(await look(locked({ a: { license: 'MIT' } }), { allow: ['MIT', 'GPLv3'] })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('GPLv3: not SPDX'),
    })
  })

  it('reads what the lockfile does not say from the package itself, in words old and new', async () => {
    const directory = locked({ a: {}, b: {}, c: {} })
    project.write(`${directory}/node_modules/a/package.json`, '{"license":{"type":"MIT"}}')
    project.write(`${directory}/node_modules/b/package.json`, '{"licenses":[{"type":"GPL-2.0"},{"type":"MIT"}]}')
    project.write(`${directory}/node_modules/c/package.json`, '{"license":"Apache-2.0"}')
    expect(await look(directory)).toMatchObject({ status: 'passed', summary: expect.stringContaining('3 packages') })
  })

  it('walks what is installed where there is no lockfile of npm, links as well, and circles once', async () => {
    const write = (path: string, value: unknown) => project.write(`walk/${path}/package.json`, JSON.stringify(value))
    write('.', { dependencies: { a: '1' }, devDependencies: { d: '1' }, optionalDependencies: { gone: '1' } })
    write('store/a', { name: 'a', version: '1.0.0', license: 'MIT', dependencies: { b: '1' } })
    write('store/node_modules/b', { name: 'b', version: '2.0.0', license: 'ISC', dependencies: { a: '1' } })
    write('node_modules/d', { name: 'd', version: '1.0.0', license: 'GPL-3.0-only' })
    symlinkSync(join(project.directory, 'walk/store/a'), join(project.directory, 'walk/node_modules/a'))
    expect(await look('walk')).toMatchObject({ status: 'failed', summary: expect.stringContaining('b@2.0.0 (ISC)') })
    expect(await look('walk', { allow: ['MIT', 'ISC'] })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('2 packages'),
    })
    expect(await look('walk', { allow: ['MIT', 'ISC'], production: false })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('d@1.0.0'),
    })
    write('.', { dependencies: { a: '1', lost: '1' } })
    expect(await look('walk', { allow: ['MIT', 'ISC'] })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('lost is not installed'),
    })
  })

  it('judges this very project by its real lockfile', async () => {
    const root = join(import.meta.dirname, '..', '..', '..')
    const allow = [
      'MIT',
      'ISC',
      'Apache-2.0',
      'BSD-2-Clause',
      'BSD-3-Clause',
      '0BSD',
      'BlueOak-1.0.0',
      'CC0-1.0',
      'CC-BY-3.0',
      'Python-2.0',
      'PostgreSQL',
      'Unlicense',
      'MIT-0',
    ]
    const outcome = await runCheck(licences, { options: { allow }, context: { directory: root } })
    expect(outcome.measurements[0]?.value).toBeGreaterThan(50)
    expect(outcome).toMatchObject({ status: 'passed' })
    expect(await runCheck(licences, { options: { deny: ['MIT'] }, context: { directory: root } })).toMatchObject({
      status: 'failed',
    })
  })

  it.each([
    ['MIT', ['MIT'], [], 'allowed'],
    ['(MIT AND ISC)', ['MIT'], [], 'not-allowed'],
    ['MIT OR GPL-3.0-only', [], ['GPL-*'], 'allowed'],
    ['MIT AND GPL-3.0-only', [], ['GPL-*'], 'denied'],
    ['LGPL-2.1-only', [], ['GPL-*'], 'allowed'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', [], ['GPL-*'], 'denied'],
    ['MIT OR Apache-2.0', ['MIT', 'Apache-2.0'], ['MIT', 'Apache-*'], 'denied'],
    ['Apache 2', [], ['GPL-*'], 'not-spdx'],
    ['', [], ['GPL-*'], 'not-spdx'],
  ])('%s with %j allowed and %j denied is %s', (expression, allow, deny, verdict) => {
    expect(judgeExpression(expression, { allow, deny })).toBe(verdict)
  })
})

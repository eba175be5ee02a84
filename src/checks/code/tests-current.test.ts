import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { makeRepository, type Repository } from './git.fixture.ts'
import { testsCurrent } from './tests-current.ts'

let repository: Repository
let first = ''
let second = ''
const given = (options: Record<string, unknown>) => ({ options, context: { directory: repository.work } })
const look = (options: Record<string, unknown>) => runCheck(testsCurrent, given(options))
const report = (text: string, at = '2024-03-01T00:00:00Z'): void => {
  writeFileSync(join(repository.work, 'report.json'), text)
  utimesSync(join(repository.work, 'report.json'), new Date(at), new Date(at))
}

/** Two commits of code and one of documents only, a month apart. */
beforeAll(() => {
  repository = makeRepository()
  first = repository.commit({ 'src/a.ts': '1', '.gitignore': 'report.json\n' }, '2024-01-01T00:00:00Z')
  second = repository.commit({ 'src/a.ts': '2' }, '2024-02-01T00:00:00Z')
  repository.commit({ 'docs/a.md': 'text' }, '2024-03-15T00:00:00Z')
  report('{}', '2024-03-01T00:00:00Z')
})
afterAll(() => repository.remove())

checkContract(testsCurrent, {
  passing: () => given({ report: 'report.json', ignore: ['docs', '*.md'] }),
  failing: () => given({ report: 'report.json' }),
  unverified: () => given({ report: 'no-such-report.xml' }),
  hostile: {
    'escapes instead of a commit': {
      status: 'unverified',
      case: () => {
        writeFileSync(join(repository.work, 'ansi.json'), JSON.stringify({ commit: ANSI }))
        return given({ report: 'ansi.json', commitPath: 'commit' })
      },
    },
  },
  mentions: () => ['report.json', 'docs'],
  failingExample: () => ({ directory: repository.work }),
  recognises: {
    clear: [
      'No commits since the last test run',
      'No code changes since last successful test run',
      'No new commits merged since the last tests',
    ],
    unclear: [
      'All tests pass',
      'No commits on Friday',
      'No changes since the last release',
      'Tests were run last week',
    ],
  },
})

describe('tests-current', () => {
  it('goes by a commit that was tested', async () => {
    expect(await look({ commit: first })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('2 commits since'),
      measurements: [{ name: 'commits since', value: 2, unit: 'count' }],
    })
    expect(await look({ commit: second.slice(0, 10), ignore: ['docs'] })).toMatchObject({ status: 'passed' })
    expect(await look({ commit: 'main' })).toMatchObject({ status: 'passed' })
    expect(await look({ commit: 'abcdef0123' })).toMatchObject({ status: 'unverified' })
  })

  it('goes by the commit named in a report', async () => {
    report(JSON.stringify({ git: { commit: second } }))
    expect(await look({ report: 'report.json', commitPath: 'git.commit' })).toMatchObject({ status: 'failed' })
    expect(await look({ report: 'report.json', commitPath: 'git.commit', ignore: ['docs'] })).toMatchObject({
      status: 'passed',
    })
    expect(await look({ report: 'report.json', commitPath: 'nothing' })).toMatchObject({ status: 'unverified' })
  })

  it('goes by notes, and by those alone that tell of a good run', async () => {
    const options = { note: 'tests', noteMatches: 'passed' }
    expect(await look(options)).toMatchObject({ status: 'failed' })
    repository.git('notes', '--ref=tests', 'add', '-m', 'passed', second)
    repository.git('notes', '--ref=tests', 'add', '-m', 'broken', 'HEAD')
    expect(await look(options)).toMatchObject({ status: 'failed', summary: expect.stringContaining('1 commit since') })
    expect(await look({ ...options, ignore: ['docs'] })).toMatchObject({ status: 'passed' })
    repository.git('notes', '--ref=tests', 'add', '-f', '-m', 'passed', 'HEAD')
    expect(await look(options)).toMatchObject({ status: 'passed' })
  })

  it('does not go by the time of a report that git checked out', async () => {
    const other = makeRepository()
    other.commit({ 'report.xml': '<a/>' }, '2024-01-01T00:00:00Z')
    const outcome = await runCheck(testsCurrent, {
      options: { report: 'report.xml' },
      context: { directory: other.work },
    })
    expect(outcome).toMatchObject({ status: 'unverified', remedy: expect.stringContaining('commitPath') })
    other.remove()
  })

  it('takes a report that lies outside the repository', async () => {
    const outside = join(repository.root, 'outside.xml')
    writeFileSync(outside, '')
    expect(await look({ report: outside })).toMatchObject({ status: 'passed' })
    utimesSync(outside, new Date('2024-01-15'), new Date('2024-01-15'))
    expect(await look({ report: '../outside.xml', ignore: ['docs'] })).toMatchObject({ status: 'failed' })
  })

  it('counts what a merge brings, however old it is', async () => {
    const other = makeRepository()
    const { git } = other
    other.commit({ 'a.txt': '1', '.gitignore': 'report.xml\n' }, '2024-01-01T00:00:00Z')
    git('checkout', '--quiet', '-b', 'side')
    other.commit({ 'b.txt': '1' }, '2024-01-02T00:00:00Z')
    git('checkout', '--quiet', 'main')
    writeFileSync(join(other.work, 'report.xml'), '')
    utimesSync(join(other.work, 'report.xml'), new Date('2024-02-01'), new Date('2024-02-01'))
    const ask = () =>
      runCheck(testsCurrent, {
        options: { report: 'report.xml', ignore: ['docs'] },
        context: { directory: other.work },
      })
    expect(await ask()).toMatchObject({ status: 'passed' })
    git('merge', '--quiet', '--no-ff', '-m', 'merge', 'side')
    expect(await ask()).toMatchObject({ status: 'failed' })
    rmSync(other.root, { recursive: true })
  })
})

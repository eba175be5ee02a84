import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { makeReports, XML_BOMB, XML_DEEP, type Reports } from './report.fixture.ts'
import { testReport } from './test-report.ts'

const GREEN =
  '<testsuites><testsuite tests="2"><testcase name="a"/><testcase name="b"><skipped/></testcase></testsuite></testsuites>'
const RED =
  '<testsuite tests="2"><testcase classname="cart" name="adds &amp; sums"><failure/></testcase><testcase name="b"><error/></testcase></testsuite>'

let reports: Reports
beforeAll(() => {
  reports = makeReports()
  reports.write('green.xml', GREEN)
  reports.write('red.xml', RED)
  reports.write('reports/unit/a.xml', GREEN)
})
afterAll(() => reports.remove())

const given = (options: Record<string, unknown>) => ({ options, context: { directory: reports.directory } })
const look = (options: Record<string, unknown>) => runCheck(testReport, given(options))
const lookAt = (name: string, text: string, options: Record<string, unknown> = {}) =>
  look({ files: reports.write(name, text), ...options })

checkContract(testReport, {
  passing: () => given({ files: 'green.xml', testsMin: 2, ageMax: '1 h' }),
  failing: () => given({ files: 'red.xml' }),
  unverified: () => given({ files: 'none.xml' }),
  unreachable: { status: 'unverified', case: () => given({ files: 'none/*.xml' }) },
  hostile: {
    'entities without end': { status: 'unverified', case: () => given({ files: reports.write('bomb.xml', XML_BOMB) }) },
    'elements without end': { status: 'unverified', case: () => given({ files: reports.write('deep.xml', XML_DEEP) }) },
    'a device': { status: 'unverified', case: () => given({ files: '/dev/zero' }) },
    garbage: { status: 'unverified', case: () => given({ files: reports.write('garbage', ANSI) }) },
    'a web page': {
      status: 'unverified',
      case: () => given({ files: reports.write('page.xml', '<html><p>not found</html>') }),
    },
    'JSON of something else': {
      status: 'unverified',
      case: () => given({ files: reports.write('other.json', '{"numTotalTests":"many"}') }),
    },
    'escapes in names': {
      status: 'failed',
      case: () => given({ files: reports.write('ansi.tap', `1..1\nnot ok 1 - ${ANSI.replaceAll('\n', '')}`) }),
    },
  },
  mentions: () => ['green.xml', '2 tests'],
  failingExample: () => ({ directory: reports.directory }),
  recognises: {
    clear: [
      'Test report shows no failures',
      '0 failed tests in the nightly report',
      'Test report has zero failed tests',
    ],
    unclear: ['All tests pass', 'Test report attached', 'No failures since Monday', 'Penetration test report reviewed'],
  },
})

describe('test-report', () => {
  it('counts failures and errors of JUnit and names them', async () => {
    expect(await look({ files: ['green.xml', 'red.xml'] })).toMatchObject({
      status: 'failed',
      summary: '4 tests, 2 failed, 1 skipped: at most 0 failed wanted, cart: adds & sums, b',
      measurements: [
        { name: 'tests', value: 4 },
        { name: 'failed', value: 2 },
        { name: 'skipped', value: 1 },
      ],
    })
    expect(await look({ files: 'red.xml', failuresMax: 2 })).toMatchObject({ status: 'passed' })
  })

  it('does not take a run in which all was skipped for a test', async () => {
    const text =
      '<testsuite tests="2"><testcase name="a"><skipped/></testcase><testcase name="b"><skipped/></testcase></testsuite>'
    expect(await lookAt('skipped.xml', text)).toMatchObject({
      status: 'failed',
      summary: '2 tests, 0 failed, 2 skipped: all were skipped, so that nothing was tested',
    })
  })

  it('believes a suite that says it failed though no case did, and counts nested suites once', async () => {
    const suite = '<testsuite tests="1" errors="1" name="did not load"></testsuite>'
    expect(await lookAt('load.xml', suite)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 test, 1 failed'),
    })
    const nested = `<testsuites tests="2"><testsuite tests="2"><testsuite tests="2"><testcase name="a"/><testcase name="b"/></testsuite></testsuite></testsuites>`
    expect(await lookAt('nested.xml', nested)).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('2 tests'),
    })
  })

  it('judges skipped tests, their number and the age of the report', async () => {
    expect(await look({ files: 'green.xml', skippedMax: 0 })).toMatchObject({ status: 'failed' })
    expect(await look({ files: 'green.xml', testsMin: 3 })).toMatchObject({ status: 'failed' })
    expect(await lookAt('none.xml', '<testsuite tests="0"/>')).toMatchObject({ status: 'failed' })
    reports.write('old.xml', GREEN, new Date(Date.now() - 48 * 3_600_000))
    expect(await look({ files: ['old.xml', 'green.xml'], ageMax: '1 day' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('written 2 days ago'),
    })
  })

  it('reads TAP: directives, a plan that is not kept, a run that gave up, a file that was cut', async () => {
    const tap =
      'TAP version 13\n# Subtest: a\n    not ok 1 - inner\n    1..1\nok 1 - a\nnot ok 2 - b # TODO later\nok 3 - c # SKIP\n1..3\n'
    expect(await lookAt('a.tap', tap)).toMatchObject({ status: 'passed', summary: '3 tests, 0 failed, 2 skipped' })
    expect(await lookAt('b.tap', '1..3\nok 1\nok 2\n')).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 planned'),
    })
    expect(await lookAt('c.tap', '1..2\nok 1\nBail out! no database\n')).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no database'),
    })
    expect(await lookAt('d.tap', 'ok 1\nok 2\n')).toMatchObject({ status: 'unverified' })
  })

  it.each(['junit', 'tap'])('reads what node --test writes as %s, green and red', async (reporter) => {
    const run = (body: string): string => {
      const file = join(
        reports.directory,
        reports.write('run.test.mjs', `import test from 'node:test'\nimport assert from 'node:assert'\n${body}`),
      )
      const { NODE_TEST_CONTEXT: _, ...env } = process.env
      return spawnSync(process.execPath, ['--test', `--test-reporter=${reporter}`, file], { encoding: 'utf8', env })
        .stdout
    }
    expect(await lookAt('node', run("test('a', () => {}); test('b', { skip: true }, () => {})"))).toMatchObject({
      status: 'passed',
      summary: '2 tests, 0 failed, 1 skipped',
    })
    expect(await lookAt('node', run("test('a', () => assert.equal(1, 2))"))).toMatchObject({ status: 'failed' })
  })

  it('reads what Vitest writes as JSON, red though it is that a file did not load', async () => {
    const vitest = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'vitest', 'vitest.mjs')
    reports.write('vitest/good.test.js', "import { it } from 'vitest'\nit('is fine', () => {})")
    const run = (): string => {
      const args = [vitest, 'run', '--root', join(reports.directory, 'vitest'), '--reporter=json']
      const { VITEST: _, NODE_ENV: __, ...env } = process.env
      return spawnSync(process.execPath, args, { encoding: 'utf8', env, cwd: join(reports.directory, 'vitest') }).stdout
    }
    expect(await lookAt('vitest.json', run())).toMatchObject({
      status: 'passed',
      summary: '1 test, 0 failed, 0 skipped',
    })
    reports.write('vitest/bad.test.js', "throw new Error('no')")
    expect(await lookAt('vitest.json', run())).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 failed'),
    })
  })
})

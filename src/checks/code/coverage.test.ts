import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, thresholdOf } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { coverage } from './coverage.ts'
import { makeReports, XML_BOMB, XML_DEEP, type Reports } from './report.fixture.ts'

/** Three of four lines, one of two branches, one of two functions; in two records of one file. */
const LCOV = `TN:
SF:src/a.ts
FN:1,open
FN:5,close
FNDA:1,open
FNDA:0,close
DA:1,1
DA:2,0
BRDA:2,0,0,1
BRDA:2,0,1,-
end_of_record
TN:other
SF:src/a.ts
DA:2,3
DA:3,1
DA:4,0
end_of_record
`
const SUMMARY = {
  total: { lines: { total: 10, covered: 9, pct: 90 }, branches: { total: 0, covered: 0, pct: 'Unknown' } },
  'src/a.ts': { lines: { total: 5, covered: 5 } },
  'src/b.ts': { lines: { total: 5, covered: 4 } },
}
const COBERTURA = `<?xml version="1.0" ?><!DOCTYPE coverage SYSTEM "http://cobertura.invalid/coverage-04.dtd">
<coverage line-rate="0.9"><packages><package><classes>
<class name="a" filename="a.py"><methods><method name="m"><lines><line number="1" hits="2"/></lines></method></methods>
<lines><line number="1" hits="2"/><line number="2" hits="0" branch="true" condition-coverage="50% (1/2)"/></lines></class>
<class name="a2" filename="a.py"><methods/><lines><line number="2" hits="1"/><line number="3" hits="0"/></lines></class>
</classes></package></packages></coverage>`
const CLOVER = `<coverage><project><metrics statements="4" coveredstatements="3" conditionals="2" coveredconditionals="1" methods="1" coveredmethods="1"/>
<file name="a.php" path="/a.php"><metrics statements="4" coveredstatements="3"/><line num="1" count="1" type="stmt"/><line num="2" count="0" type="stmt"/></file></project></coverage>`
const JACOCO = `<!DOCTYPE report PUBLIC "-//JACOCO//DTD" "report.dtd"><report name="shop"><package name="p"><sourcefile name="A.java"><counter type="LINE" missed="1" covered="3"/></sourcefile></package><counter type="LINE" missed="1" covered="3"/><counter type="BRANCH" missed="2" covered="2"/></report>`

let reports: Reports
beforeAll(() => {
  reports = makeReports()
  reports.write('coverage/lcov.info', LCOV)
  reports.write('coverage/coverage-summary.json', JSON.stringify(SUMMARY))
})
afterAll(() => reports.remove())

const given = (options: Record<string, unknown>) => ({ options, context: { directory: reports.directory } })
const look = (options: Record<string, unknown>) => runCheck(coverage, given(options))
const lookAt = (name: string, text: string, options: Record<string, unknown>) =>
  look({ files: reports.write(name, text), ...options })
const nonsense = (name: string, text: string) => ({
  status: 'unverified' as const,
  case: () => given({ files: reports.write(name, text), linesPercentMin: 1 }),
})
const bound = (text: string, operator: '>' | '>=' | '<', value: number) => ({
  text,
  thresholds: [thresholdOf(operator, value, '%', `${value}%`)],
})

checkContract(coverage, {
  passing: () => given({ files: 'coverage/lcov.info', linesPercentMin: 75, branchesPercentMin: 50, ageMax: '1 h' }),
  failing: () => given({ linesPercentMin: 91 }),
  unverified: () => given({ files: 'none.info', linesPercentMin: 80 }),
  unreachable: { status: 'unverified', case: () => given({ files: 'none/*.info', linesPercentMin: 80 }) },
  hostile: {
    'entities without end': nonsense('bomb.xml', XML_BOMB),
    'elements without end': nonsense('deep.xml', XML_DEEP),
    garbage: nonsense('garbage', ANSI),
    'a web page': nonsense('page.xml', '<html><body>404</body></html>'),
    'a file that was cut': nonsense('cut.info', 'SF:a\nDA:1,1\n'),
    'more lines reached than there are': nonsense('more.json', '{"total":{"lines":{"total":1,"covered":9}}}'),
    'a device': { status: 'unverified', case: () => given({ files: '/dev/zero', linesPercentMin: 1 }) },
    'escapes in the name of a file': {
      status: 'failed',
      case: () =>
        given({ files: reports.write('a.info', `SF:${ANSI}\nDA:1,0\nend_of_record\n`), fileLinesPercentMin: 1 }),
    },
  },
  mentions: () => ['coverage/lcov.info', 'lines at least 75 %', 'branches at least 50 %'],
  failingExample: () => ({ directory: reports.directory }),
  recognises: {
    clear: [
      bound('Code coverage is at least 85%', '>=', 85),
      bound('Test coverage above 80%', '>', 80),
      bound('Branch coverage ≥ 70%', '>=', 70),
    ],
    unclear: [
      'Test coverage is good',
      bound('Insurance coverage above 80%', '>', 80),
      bound('Unit tests passing with code coverage above 80%', '>', 80),
      bound('Code coverage of critical paths above 90%', '>', 90),
    ],
  },
})

describe('coverage', () => {
  it('adds up the records of a file, and rounds down', async () => {
    expect(await look({ files: 'coverage/lcov.info', linesPercentMin: 75, functionsPercentMin: 50.01 })).toMatchObject({
      status: 'failed',
      summary: 'functions 50 %, at least 50.01 % wanted',
      measurements: [
        { name: 'lines covered', value: 75, unit: 'percent' },
        { name: 'branches covered', value: 50 },
        { name: 'functions covered', value: 50 },
      ],
    })
    const almost = { total: { lines: { total: 100_000, covered: 79_999 } } }
    expect(await lookAt('almost.json', JSON.stringify(almost), { linesPercentMin: 80 })).toMatchObject({
      status: 'failed',
    })
  })

  it('does not pass what the report says nothing of', async () => {
    expect(await look({ branchesPercentMin: 1 })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('branches'),
    })
    expect(await look({ functionsPercentMin: 0 })).toMatchObject({ status: 'unverified' })
  })

  it('judges single files, naming the poorest', async () => {
    expect(await look({ fileLinesPercentMin: 90 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('src/b.ts 80 %'),
    })
    expect(await look({ fileLinesPercentMin: 80 })).toMatchObject({ status: 'passed' })
  })

  it.each([
    [
      'Cobertura',
      COBERTURA,
      { linesPercentMin: 66.66, branchesPercentMin: 50, functionsPercentMin: 100 },
      { linesPercentMin: 67 },
    ],
    [
      'Clover',
      CLOVER,
      { statementsPercentMin: 75, branchesPercentMin: 50, functionsPercentMin: 100, fileLinesPercentMin: 50 },
      { linesPercentMin: 51 },
    ],
    [
      'JaCoCo',
      JACOCO,
      { linesPercentMin: 75, branchesPercentMin: 50, fileLinesPercentMin: 75 },
      { linesPercentMin: 76 },
    ],
  ])('reads %s', async (name, text, enough, more) => {
    expect(await lookAt(`${name}.xml`, text, enough)).toMatchObject({ status: 'passed' })
    expect(await lookAt(`${name}.xml`, text, more)).toMatchObject({ status: 'failed' })
  })

  it('fails a report that is too old', async () => {
    reports.write('old.info', LCOV, new Date(Date.now() - 2 * 3_600_000))
    expect(await look({ files: 'old.info', linesPercentMin: 1, ageMax: '1 h' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('2 h ago'),
    })
  })

  it('reads what node measures', async () => {
    reports.write('half.mjs', 'export function used() {\n  return 1\n}\nexport function unused() {\n  return 2\n}\n')
    const file = join(
      reports.directory,
      reports.write(
        'half.test.mjs',
        "import test from 'node:test'\nimport { used } from './half.mjs'\ntest('a', () => { used() })\n",
      ),
    )
    const args = [
      '--test',
      '--experimental-test-coverage',
      '--test-coverage-include=**/half.mjs',
      '--test-reporter=lcov',
      file,
    ]
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env, cwd: reports.directory })
    expect(await lookAt('node.info', stdout, { functionsPercentMin: 50, linesPercentMin: 60 })).toMatchObject({
      status: 'passed',
    })
    expect(await lookAt('node.info', stdout, { functionsPercentMin: 51 })).toMatchObject({ status: 'failed' })
  })
})

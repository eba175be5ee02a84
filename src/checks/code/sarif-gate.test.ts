import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { makeReports, type Reports } from './report.fixture.ts'
import { sarifGate } from './sarif-gate.ts'

let reports: Reports
beforeAll(() => {
  reports = makeReports()
})
afterAll(() => reports.remove())

const RULES = [
  { id: 'sql-injection', defaultConfiguration: { level: 'error' }, properties: { 'security-severity': '8.8' } },
  { id: 'style', defaultConfiguration: { level: 'note' } },
]
const sarif = (results: unknown, more: Record<string, unknown> = {}, name = 'Scanner') =>
  JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name, rules: RULES } }, results, ...more }] })
const found = (ruleId: string, more: Record<string, unknown> = {}) => ({
  ruleId,
  message: { text: `found by ${ruleId}` },
  locations: [{ physicalLocation: { artifactLocation: { uri: 'src/a.ts' }, region: { startLine: 7 } } }],
  ...more,
})
const given = (options: Record<string, unknown>) => ({ options, context: { directory: reports.directory } })
const of = (text: string, options: Record<string, unknown> = {}) =>
  given({ files: reports.write('reports/a.sarif', text), ...options })
const look = (text: string, options: Record<string, unknown> = {}) => runCheck(sarifGate, of(text, options))

checkContract(sarifGate, {
  passing: () => of(sarif([found('style')]), { tool: 'scan', ageMax: '1 h' }),
  failing: () => of(sarif([found('sql-injection')])),
  unverified: () => given({ files: 'none.sarif' }),
  unreachable: { status: 'unverified', case: () => given({ files: 'none/*.sarif' }) },
  hostile: {
    garbage: { status: 'unverified', case: () => of(ANSI) },
    'JSON of something else': { status: 'unverified', case: () => of('{"version":"2.1.0","runs":7}') },
    'lists in lists without end': { status: 'unverified', case: () => of('['.repeat(200_000)) },
    'a device': { status: 'unverified', case: () => given({ files: '/dev/zero' }) },
    'escapes everywhere': {
      status: 'failed',
      case: () => of(sarif([found(ANSI, { level: 'error', message: { text: ANSI.repeat(100_000) } })], {}, ANSI)),
    },
    'more findings than anybody reads': {
      status: 'failed',
      case: () => of(sarif(Array.from({ length: 20_000 }, () => found('sql-injection')))),
    },
  },
  mentions: () => ['reports/a.sarif', 'scan', 'level error'],
  failingExample: () => ({ directory: reports.directory }),
  recognises: {
    clear: [
      '`reports/scan.sarif` has no findings',
      'No errors in codeql.sarif',
      'Zero new findings in results.sarif compared to main',
    ],
    unclear: [
      'Upload results.sarif: no errors',
      'SARIF results reviewed',
      'No errors in the log',
      'Fix issues in scan.sarif',
    ],
  },
})

describe('sarif-gate', () => {
  it('takes the level from the finding, else from its rule, else as the standard says', async () => {
    expect(await look(sarif([found('sql-injection', { level: 'note' })]))).toMatchObject({ status: 'passed' })
    expect(await look(sarif([found('unheard-of')]), { warningsMax: 0 })).toMatchObject({ status: 'failed' })
    expect(await look(sarif([{ ruleIndex: 0 }]))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('sql-injection'),
    })
    expect(await look(sarif([found('style/2')]), { warningsMax: 0 })).toMatchObject({ status: 'passed' })
    const extension = { tool: { driver: { name: 'S' }, extensions: [{ name: 'X', rules: RULES }] } }
    const result = { rule: { index: 0, toolComponent: { index: 0 } } }
    expect(await look(sarif([result], extension))).toMatchObject({ status: 'failed' })
  })

  it('names what was found and where', async () => {
    expect(await look(sarif([found('sql-injection'), found('style')]))).toMatchObject({
      summary: 'Scanner: 2 findings: 1 of level error, at most 0 wanted (sql-injection at src/a.ts:7)',
      measurements: [
        { name: 'errors', value: 1 },
        { name: 'warnings', value: 0 },
        { name: 'notes', value: 1 },
      ],
    })
  })

  it('judges the score whatever the level', async () => {
    const low = sarif([found('sql-injection', { level: 'note' })])
    expect(await look(low, { scoreMax: 8.7 })).toMatchObject({ status: 'failed' })
    expect(await look(low, { scoreMax: 8.8 })).toMatchObject({ status: 'passed' })
  })

  it('leaves out what passed, is gone, or was suppressed and accepted', async () => {
    const gone = [
      found('sql-injection', { kind: 'pass' }),
      found('sql-injection', { baselineState: 'absent' }),
      found('sql-injection', { suppressions: [{ kind: 'inSource' }] }),
    ]
    expect(await look(sarif(gone))).toMatchObject({ status: 'passed' })
    const open = [found('sql-injection', { suppressions: [{ status: 'underReview' }] })]
    expect(await look(sarif(open))).toMatchObject({ status: 'failed' })
    expect(
      await look(sarif([found('sql-injection', { baselineState: 'unchanged' })]), { onlyNew: true }),
    ).toMatchObject({ status: 'passed' })
    expect(await look(sarif([found('sql-injection', { baselineState: 'new' })]), { onlyNew: true })).toMatchObject({
      status: 'failed',
    })
    expect(await look(sarif([found('sql-injection')]), { onlyNew: true })).toMatchObject({ status: 'failed' })
  })

  it('does not pass a scan that was none: not run to its end, no results, no run, another tool', async () => {
    expect(await look(sarif([], { invocations: [{ executionSuccessful: false }] }))).toMatchObject({
      status: 'unverified',
    })
    const invocations = [
      { executionSuccessful: true, toolExecutionNotifications: [{ level: 'error' }, { level: 'note' }] },
    ]
    expect(await look(sarif([], { invocations }))).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('met 1 error on its way'),
    })
    expect(await look(sarif(undefined))).toMatchObject({ status: 'unverified' })
    expect(await look('{"version":"2.1.0","runs":[]}')).toMatchObject({ status: 'unverified' })
    expect(await look(sarif([]), { tool: 'CodeQL' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('Scanner'),
    })
  })

  it('reads what a real linter writes', async () => {
    const oxlint = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'oxlint', 'bin', 'oxlint')
    const scan = (code: string): string => {
      reports.write('code.js', code)
      const args = [oxlint, '--format=sarif', 'code.js']
      return spawnSync(process.execPath, args, { cwd: reports.directory, encoding: 'utf8' }).stdout
    }
    expect(await look(scan('export const a = 1\n'), { tool: 'oxlint', warningsMax: 0 })).toMatchObject({
      status: 'passed',
    })
    expect(await look(scan('debugger\n'), { tool: 'oxlint', warningsMax: 0 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('code.js:1'),
    })
  })

  it('fails a scan that is too old', async () => {
    reports.write('old.sarif', sarif([]), new Date(Date.now() - 5 * 86_400_000))
    expect(await runCheck(sarifGate, given({ files: 'old.sarif', ageMax: '1 day' }))).toMatchObject({
      status: 'failed',
    })
  })
})

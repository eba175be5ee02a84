// The reports as c8 (Istanbul's reporters) writes them.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { npmFolder } from '../../../test/servers/packages.ts'
import { coverage } from './coverage.ts'
import { makeReports, type Reports } from './report.fixture.ts'

const C8 = 'c8@10.1.3'
const folder = npmFolder(C8)
if (!folder) console.warn(`SKIPPED: ${C8} cannot be installed here`)

const CODE = `export function used(flag) {
  if (flag) {
    return 1
  }
  return 2
}
export function unused() {
  return 3
}
`

describe.skipIf(!folder)('coverage as c8 reports it', () => {
  let project: Reports
  beforeAll(() => {
    project = makeReports()
    project.write('code.mjs', CODE)
    project.write('run.mjs', "import { used } from './code.mjs'\nused(true)\n")
    const reporters = ['lcov', 'cobertura', 'clover', 'json-summary'].map((name) => `--reporter=${name}`)
    const c8 = join(folder ?? '', 'node_modules', 'c8', 'bin', 'c8.js')
    const { NODE_V8_COVERAGE: _, ...env } = process.env
    spawnSync(process.execPath, [c8, '--include=code.mjs', ...reporters, process.execPath, 'run.mjs'], {
      cwd: project.directory,
      env,
    })
  })
  afterAll(() => project.remove())

  const look = (options: Record<string, unknown>) =>
    runCheck(coverage, { options, context: { directory: project.directory } })

  it.each(['lcov.info', 'cobertura-coverage.xml', 'clover.xml', 'coverage-summary.json'])(
    'agrees on %s: six of nine lines',
    async (name) => {
      const files = `coverage/${name}`
      expect(await look({ files, linesPercentMin: 66.66, fileLinesPercentMin: 66.66 })).toMatchObject({
        status: 'passed',
        measurements: expect.arrayContaining([{ name: 'lines covered', value: 66.66, unit: 'percent' }]),
      })
      expect(await look({ files, linesPercentMin: 66.7 })).toMatchObject({ status: 'failed' })
      expect(await look({ files, functionsPercentMin: 51 })).toMatchObject({ status: 'failed' })
    },
  )
})

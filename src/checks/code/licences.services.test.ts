// What pnpm and Yarn 1 lay into node_modules, links and all.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { npmFolder } from '../../../test/servers/packages.ts'
import { licences } from './licences.ts'
import { makeReports, type Reports } from './report.fixture.ts'

describe.each([
  { name: 'pnpm@9.15.9', program: 'pnpm/bin/pnpm.cjs' },
  { name: 'yarn@1.22.22', program: 'yarn/bin/yarn.js' },
])('licences of what $name installed', ({ name, program }) => {
  const folder = npmFolder(name)
  if (!folder) console.warn(`SKIPPED: ${name} cannot be installed here`)
  let project: Reports
  beforeAll(() => {
    project = makeReports()
    const dependencies = { rimraf: '3.0.2' }
    const devDependencies = { diff: '5.2.0' }
    project.write('package.json', JSON.stringify({ name: 'shop', version: '1.0.0', dependencies, devDependencies }))
    if (!folder) return
    const args = [join(folder, 'node_modules', program), 'install', '--ignore-scripts']
    spawnSync(process.execPath, args, { cwd: project.directory, stdio: 'ignore' })
  })
  afterAll(() => project.remove())

  const look = (options: Record<string, unknown>) =>
    runCheck(licences, { options, context: { directory: project.directory } })

  it.skipIf(!folder)('goes from dependency to dependency', async () => {
    const outcome = await look({ allow: ['MIT', 'ISC'] })
    expect(outcome).toMatchObject({ status: 'passed' })
    // rimraf, glob, minimatch, brace-expansion, balanced-match, concat-map, inflight, once, wrappy, inherits, ...
    expect(outcome.measurements[0]?.value).toBeGreaterThanOrEqual(10)
    expect(await look({ allow: ['ISC'] })).toMatchObject({ status: 'failed', summary: expect.stringContaining('MIT') })
    expect(await look({ allow: ['MIT', 'ISC'], production: false })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('diff@5.2.0 (BSD-3-Clause)'),
    })
  })
})

// The package managers themselves, asking a registry of ours; their lockfiles are of their own making, from the public registry.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCheck } from '../../../test/contracts/check-contract.ts'
import { npmFolder } from '../../../test/servers/packages.ts'
import { startAuditRegistry } from './audit-registry.fixture.ts'
import { dependencyAudit } from './dependency-audit.ts'
import { makeReports, type Reports } from './report.fixture.ts'

const PNPM = { manager: 'pnpm', file: 'pnpm', install: ['install', '--lockfile-only'] }
const MANAGERS = [
  { ...PNPM, package: 'pnpm@10.12.1', program: 'pnpm/bin/pnpm.cjs' },
  { ...PNPM, package: 'pnpm@9.15.9', program: 'pnpm/bin/pnpm.cjs' },
  {
    manager: 'yarn-classic',
    package: 'yarn@1.22.22',
    program: 'yarn/bin/yarn.js',
    file: 'yarn',
    install: ['install', '--ignore-scripts', '--silent'],
  },
  {
    manager: 'yarn',
    package: '@yarnpkg/cli-dist@4.9.2',
    program: '@yarnpkg/cli-dist/bin/yarn.js',
    file: 'yarn',
    install: ['install', '--mode=update-lockfile'],
  },
]
const APPS = {
  shop: { dependencies: { minimist: '0.0.8' } },
  safe: { dependencies: { ms: '2.1.3' } },
  tools: { dependencies: { ms: '2.1.3' }, devDependencies: { minimist: '0.0.8' } },
}

describe.each(MANAGERS)('dependency-audit by $package', ({ manager, package: name, program, file, install }) => {
  const folder = npmFolder(name)
  if (!folder) console.warn(`SKIPPED: ${name} cannot be installed here`)
  let project: Reports
  let registry: Awaited<ReturnType<typeof startAuditRegistry>>
  let env: Record<string, string>

  const wrapper = (script: string): void => {
    const path = project.write(`bin/${file}`, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`)
    chmodSync(join(project.directory, path), 0o755)
  }

  beforeAll(async () => {
    project = makeReports()
    registry = await startAuditRegistry()
    if (!folder) return
    const script = join(folder, 'node_modules', program)
    wrapper(script)
    const path = `${join(project.directory, 'bin')}:${process.env['PATH']}`
    env = { ...(process.env as Record<string, string>), PATH: path, CI: '' }
    for (const [app, dependencies] of Object.entries(APPS)) {
      project.write(
        `${app}/package.json`,
        JSON.stringify({ name: app, version: '1.0.0', license: 'MIT', ...dependencies }),
      )
      if (manager === 'yarn') project.write(`${app}/yarn.lock`, '')
      const cwd = join(project.directory, app)
      spawnSync(join(project.directory, 'bin', file), install, { cwd, env, stdio: 'ignore' })
      project.write(`${app}/.npmrc`, `registry=${registry.url}/\n`)
    }
    env = {
      ...env,
      YARN_NPM_REGISTRY_SERVER: registry.url,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      npm_config_fetch_retries: '0',
    }
    if (manager === 'yarn-classic') wrapper(askingUs(script))
  })
  afterAll(async () => {
    await registry.stop()
    project.remove()
  })

  /** Yarn 1 asks one registry for audits whatever is configured, so the address in its own program is ours. */
  function askingUs(script: string): string {
    const copy = join(project.directory, 'yarn-copy')
    cpSync(join(script, '..', '..'), copy, { recursive: true })
    const cli = join(copy, 'lib', 'cli.js')
    writeFileSync(cli, readFileSync(cli, 'utf8').replaceAll('https://registry.yarnpkg.com', registry.url))
    return join(copy, 'bin', 'yarn.js')
  }

  const look = (options: Record<string, unknown>) =>
    runCheck(dependencyAudit, { options, context: { directory: project.directory, env } })

  it.skipIf(!folder)('tells what there is, and that there is nothing', async () => {
    const lockfile = manager === 'pnpm' ? 'pnpm-lock.yaml' : 'yarn.lock'
    expect(existsSync(join(project.directory, 'shop', lockfile))).toBe(true)
    expect(await look({ directory: 'shop' })).toMatchObject({
      status: 'failed',
      summary: `${manager} audit: 2 advisories, 1 of severity high or worse: critical minimist GHSA-xvch-5gv4-984h`,
    })
    expect(await look({ directory: 'safe', severity: 'info' })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('0 advisories'),
    })
  })

  it.skipIf(!folder)('leaves out what is for development only, or not', async () => {
    expect(await look({ directory: 'tools' })).toMatchObject({ status: 'passed' })
    expect(await look({ directory: 'tools', production: false })).toMatchObject({ status: 'failed' })
  })

  it.skipIf(!folder)('is unverified where the registry does not answer', async () => {
    await registry.stop()
    expect(await look({ directory: 'shop' })).toMatchObject({ status: 'unverified' })
  })
})

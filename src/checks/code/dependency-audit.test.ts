import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck } from '../../../test/contracts/check-contract.ts'
import { startHostile, type HostileServer } from '../../../test/servers/hostile.ts'
import { startAuditRegistry } from './audit-registry.fixture.ts'
import { dependencyAudit } from './dependency-audit.ts'
import { makeReports, type Reports } from './report.fixture.ts'

let project: Reports
let registry: Awaited<ReturnType<typeof startAuditRegistry>>
let hostile: HostileServer

const lockOf = (dependencies: Record<string, string>): string =>
  JSON.stringify({
    name: 'shop',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'shop', version: '1.0.0', dependencies },
      ...Object.fromEntries(
        Object.entries(dependencies).map(([name, version]) => [`node_modules/${name}`, { version }]),
      ),
    },
  })

/** npm of this machine, asking a registry of ours; `shop` depends on minimist 0.0.8, `safe` on something without advisories. */
beforeAll(async () => {
  project = makeReports()
  registry = await startAuditRegistry()
  hostile = await startHostile()
  const apps: Record<string, Record<string, string>> = { shop: { minimist: '0.0.8' }, safe: { ms: '2.1.3' } }
  for (const [name, dependencies] of Object.entries(apps)) {
    project.write(`${name}/package.json`, JSON.stringify({ name: 'shop', version: '1.0.0', dependencies }))
    project.write(`${name}/package-lock.json`, lockOf(dependencies))
  }
})
afterAll(async () => {
  await Promise.all([registry.stop(), hostile.stop()])
  project.remove()
})

const envOf = (url: string, more: Record<string, string> = {}) => ({
  ...(process.env as Record<string, string>),
  npm_config_registry: url,
  npm_config_fetch_retries: '0',
  npm_config_cache: join(project.directory, 'cache'),
  ...more,
})
const npm = (options: Record<string, unknown>, url = registry.url) => ({
  options: { directory: 'shop', ...options },
  context: { directory: project.directory, env: envOf(url) },
})
const look = (options: Record<string, unknown>) => runCheck(dependencyAudit, npm(options))

/** A package manager that prints this: what other managers printed was recorded from them (see the services suite). */
function printing(stdout: string, exitCode = 0, file = 'yarn') {
  project.write('answer', stdout)
  const program = project.write(
    `bin/${file}`,
    `#!/bin/sh\ncat '${join(project.directory, 'answer')}'\nexit ${exitCode}\n`,
  )
  chmodSync(join(project.directory, program), 0o755)
  const env = envOf(registry.url, { PATH: `${join(project.directory, 'bin')}:${process.env['PATH']}` })
  return (options: Record<string, unknown>) => ({
    options: { directory: 'shop', ...options },
    context: { directory: project.directory, env },
  })
}

checkContract(dependencyAudit, {
  passing: () => npm({ directory: 'safe', severity: 'info' }),
  failing: () => npm({}),
  unverified: () => npm({ directory: 'no-such-directory' }),
  slow: () => npm({}, `${hostile.url}/silent`),
  unreachable: { status: 'unverified', case: () => npm({}, 'http://127.0.0.1:1') },
  hostile: {
    'a registry without an end': {
      status: 'unverified',
      case: () => npm({ timeoutMs: 1500 }, `${hostile.url}/endless-json`),
    },
    'a registry that asks who we are': { status: 'unverified', case: () => npm({}, `${hostile.url}/401`) },
    'a registry that answers with a page': { status: 'unverified', case: () => npm({}, `${hostile.url}/not-json`) },
    'a manager that prints escapes': {
      status: 'unverified',
      case: () => printing('\u001b[2Jboom\u0007')({ manager: 'yarn' }),
    },
  },
  mentions: () => ['safe', 'severity info', 'production'],
  failingExample: () => {
    project.write(
      'package.json',
      JSON.stringify({ name: 'shop', version: '1.0.0', dependencies: { minimist: '0.0.8' } }),
    )
    project.write('package-lock.json', lockOf({ minimist: '0.0.8' }))
    return npm({}).context
  },
  recognises: {
    clear: [
      '`npm audit` shows no critical issues',
      'npm audit reports zero high vulnerabilities',
      'No critical vulnerabilities in dependencies',
      'No high or critical vulnerabilities in npm packages',
    ],
    unclear: [
      'No critical vulnerabilities',
      'Fix what npm audit shows: no critical issues',
      'Security audit passed',
      'No critical vulnerabilities in container images',
      'Dependencies updated',
    ],
  },
})

describe('dependency-audit', () => {
  it('names package, advisory and severity, as npm itself tells them', async () => {
    expect(await look({})).toMatchObject({
      status: 'failed',
      summary: 'npm audit: 2 advisories, 1 of severity high or worse: critical minimist GHSA-xvch-5gv4-984h',
      measurements: expect.arrayContaining([
        { name: 'moderate', value: 1, unit: 'count' },
        { name: 'critical', value: 1, unit: 'count' },
      ]),
    })
    expect(registry.asked).toContain('POST /-/npm/v1/security/advisories/bulk')
  })

  it('lets an advisory be allowed, until its day', async () => {
    const allow = { id: 'ghsa-XVCH-5gv4-984h', reason: 'input is ours', until: '9999-12-31' }
    expect(await look({ allow: [allow] })).toMatchObject({
      status: 'passed',
      summary: expect.stringContaining('1 of them allowed'),
    })
    expect(await look({ allow: [allow], severity: 'moderate' })).toMatchObject({ status: 'failed' })
    expect(await look({ allow: [{ ...allow, until: '2020-01-31' }] })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('was allowed until 2020-01-31'),
    })
  })

  it('does not judge without a lockfile, or with two', async () => {
    project.write('none/package.json', '{}')
    expect(await look({ directory: 'none' })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('lockfile'),
    })
    project.write('none/yarn.lock', '')
    project.write('none/pnpm-lock.yaml', '')
    expect(await look({ directory: 'none' })).toMatchObject({ status: 'unverified' })
  })

  it('does not take an answer without a result for one without advisories', async () => {
    for (const [manager, file] of [
      ['npm', 'npm'],
      ['pnpm', 'pnpm'],
      ['yarn-classic', 'yarn'],
    ] as const)
      for (const text of ['', '{}', '{"advisories":{}}', '{"type":"info","data":"x"}'])
        expect(
          await runCheck(dependencyAudit, printing(text, 0, file)({ manager })),
          `${manager}: ${text}`,
        ).toMatchObject({ status: 'unverified' })
    expect(await runCheck(dependencyAudit, printing('', 1)({ manager: 'yarn' }))).toMatchObject({
      status: 'unverified',
    })
    expect(await runCheck(dependencyAudit, printing('', 0)({ manager: 'yarn' }))).toMatchObject({ status: 'passed' })
  })

  it('does not pass where holes are counted and none is named', async () => {
    const metadata = { vulnerabilities: { info: 0, low: 0, moderate: 0, high: 2, critical: 0 } }
    const answers = {
      npm: JSON.stringify({ auditReportVersion: 2, vulnerabilities: {}, metadata }),
      pnpm: JSON.stringify({ advisories: {}, metadata }),
      'yarn-classic': JSON.stringify({ type: 'auditSummary', data: metadata }),
    }
    for (const [manager, text] of Object.entries(answers)) {
      const program = printing(text, 0, manager.split('-')[0])
      expect(await runCheck(dependencyAudit, program({ manager })), manager).toMatchObject({ status: 'unverified' })
    }
  })

  it('takes a severity it never heard of for the worst', async () => {
    const line = { value: 'left-pad', children: { ID: 7, Issue: 'odd', URL: '', Severity: 'apocalyptic' } }
    expect(await runCheck(dependencyAudit, printing(JSON.stringify(line), 1)({ manager: 'yarn' }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('critical left-pad 7'),
    })
  })

  it('is unverified where the manager is not installed', async () => {
    const context = { directory: project.directory, env: { ...envOf(registry.url), PATH: project.directory } }
    expect(await runCheck(dependencyAudit, { options: { directory: 'shop', manager: 'pnpm' }, context })).toMatchObject(
      {
        status: 'unverified',
        remedy: expect.stringContaining('install pnpm'),
      },
    )
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { EXAMPLE, runProgram, startServer, temporaryFolder, temporaryGraph, temporaryProject } from './fixtures.ts'
import { openDatabase, readNumber } from './src/database.ts'

/** No run, no service: what a person's shell has set. */
const byPerson = { GONOGO_RUN: '', SERVICE_URL: '', GONOGO_CAPSULE: '' }

/** Stands where gonogo does: writes down what it was asked, and ends with 5 to show that its exit code comes through. */
function recordingGonogo(): { path: string; asked(): string | null } {
  const path = join(temporaryFolder(), 'gonogo.mjs')
  const record = `${path}.asked`
  writeFileSync(
    path,
    `import { writeFileSync } from 'node:fs'
     writeFileSync(${JSON.stringify(record)}, process.argv.slice(2).join(' '))
     process.exitCode = 5`,
  )
  return { path, asked: () => (existsSync(record) ? readFileSync(record, 'utf8') : null) }
}

/** Runs a tool in this process, as a person would start it. */
async function runTyped(typed: string): Promise<{ code: number; asked: string | null; errors: string[] }> {
  const [name, ...args] = typed.split(' ')
  const gonogo = recordingGonogo()
  for (const [variable, value] of Object.entries({ ...byPerson, GONOGO_BIN: gonogo.path })) vi.stubEnv(variable, value)
  const said = vi.spyOn(console, 'error').mockReturnValue()
  const { run } = (await import(`./tools/${name}.ts`)) as { run(argv: readonly string[]): Promise<number> }
  const code = await run(args)
  return { code, asked: gonogo.asked(), errors: said.mock.calls.map(String) }
}

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('started by a person, a tool is gonogo', () => {
  test.each([
    [
      'production-deployment-kit --environment=production --verify-only',
      'deploy --verify-only --environment production',
    ],
    ['production-deployment-kit --environment=production --enable-monitoring', 'deploy --environment production'],
    ['production-deployment-kit --verify-backup', 'backup verify'],
    ['production-deployment-kit --generate-report', 'report --output logs/report.html'],
    ['monitoring-integration --environment=production', 'monitor --environment production'],
    ['monitoring-integration --health-check', 'monitor --health-check'],
    ['monitoring-integration --performance-check', 'monitor --performance-check'],
    ['monitoring-integration --export-dashboard', 'monitor --export-dashboard'],
    [
      'canary-deployment-tests --environment=production --auto-promote=false',
      'deploy --auto-promote=false --environment production',
    ],
    ['canary-deployment-tests --performance-only', 'canary --performance-only'],
    ['canary-deployment-tests --generate-summary', 'canary --generate-summary'],
    ['validate-consistency-fixes', 'data validate graph --full-check'],
    ['validate-consistency-fixes --validate-only', 'data validate graph'],
    ['fix-data-consistency-issues --environment=production', 'data fix graph --yes'],
    ['fix-data-consistency-issues --dry-run', 'data fix graph --dry-run'],
    ['fix-data-consistency-issues --validate-only', 'data validate graph'],
    ['rollback-recovery-system --execute-gradual-rollback --reason=slow', 'rollback --gradual --reason slow'],
    [
      'rollback-recovery-system --execute-emergency-rollback --reason=broken --skip-validation',
      'rollback --emergency --reason broken --skip-validation',
    ],
  ])('%s', async (typed, asked) => {
    expect(await runTyped(typed)).toEqual({ code: 5, asked, errors: [] })
  })
})

describe('a wrong command line', () => {
  test.each([
    ['production-deployment-kit --verfy-only', 'there are --environment'],
    ['production-deployment-kit --verify-only --verify-backup', 'exclude each other'],
    ['production-deployment-kit --verify-only=yes', 'does not take an argument'],
    ['canary-deployment-tests --auto-promote=perhaps', 'wants true or false'],
    ['rollback-recovery-system', '--execute-emergency-rollback or'],
    ['rollback-recovery-system --execute-emergency-rollback', 'wants --reason'],
    ['rollback-recovery-system --execute-gradual-rollback --reason=x --skip-validation', 'emergency-rollback only'],
    ['monitoring-integration --environment', 'argument missing'],
    ['validate-consistency-fixes --pre-check --full-check', 'exclude each other'],
    ['fix-data-consistency-issues everything', 'Unexpected argument'],
  ])('%s', async (typed, message) => {
    const { code, asked, errors } = await runTyped(typed)
    expect({ code, asked }).toEqual({ code: 2, asked: null })
    expect(errors).toEqual([expect.stringContaining(message)])
    expect(errors.join()).not.toContain('\n')
  })
})

/** Runs a tool as a step of run r1. */
function inRun(tool: string, args: string[], env: Record<string, string>): ReturnType<typeof runProgram> {
  return runProgram([`${EXAMPLE}${tool}.js`, ...args], { GONOGO_RUN: 'r1', ...env })
}

describe('inside a run', () => {
  test('the kit does not start a second release', async () => {
    const ended = await inRun('production-deployment-kit', ['--environment=production'], {})
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('run r1 is this release')
  })

  test('the kit verifies machine and database', async () => {
    const path = await temporaryGraph()
    const verify = () => inRun('production-deployment-kit', ['--verify-only'], { DATABASE_PATH: path })
    expect((await verify()).code).toBe(0)
    writeFileSync(path, 'this is no database')
    const broken = await verify()
    expect(broken.code).toBe(1)
    expect(broken.stdout).toContain('not a database')
  })

  test('the kit sees whether the new version is live', async () => {
    const path = await temporaryGraph()
    const v1 = await startServer(path)
    const v2 = await startServer(path, { GONOGO_VERSION: 'v2' })
    expect((await inRun('production-deployment-kit', ['--enable-monitoring'], { SERVICE_URL: v2.url })).code).toBe(0)
    expect((await inRun('production-deployment-kit', ['--enable-monitoring'], { SERVICE_URL: v1.url })).code).toBe(1)
  })

  test('canary tests test the candidate, or say that it is the stable version they tested', async () => {
    const path = await temporaryGraph()
    const v1 = await startServer(path)
    const v2 = await startServer(path, { GONOGO_VERSION: 'v2' })
    const candidate = await inRun('canary-deployment-tests', ['--auto-promote=false'], { SERVICE_URL: v2.url })
    expect(candidate).toMatchObject({ code: 0, stdout: expect.stringContaining('testing v2') })
    const stable = await inRun('canary-deployment-tests', ['--auto-promote=false'], { SERVICE_URL: v1.url })
    expect(stable).toMatchObject({ code: 0, stdout: expect.stringContaining('v2 is not up yet: testing v1') })
  })

  test('canary tests fail a candidate that answers with errors', async () => {
    const { url } = await startServer(await temporaryGraph(), { GONOGO_VERSION: 'v2', FAULT: 'errors' })
    expect((await inRun('canary-deployment-tests', ['--performance-only'], { SERVICE_URL: url })).code).toBe(1)
  })

  test('the performance check fails where nobody answers', async () => {
    const ended = await inRun('monitoring-integration', ['--performance-check'], { SERVICE_URL: 'http://127.0.0.1:1' })
    expect(ended.code).toBe(1)
    expect(ended.stdout).toContain('no answer')
  })

  test('monitoring goes on until it is told to stop', async () => {
    const { url } = await startServer(await temporaryGraph())
    const run = `test-${process.pid}-${Date.now()}`
    const child = spawn(process.execPath, [`${EXAMPLE}monitoring-integration.js`, '--environment=production'], {
      env: { ...process.env, GONOGO_RUN: run, SERVICE_URL: url },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(said.toString()).toContain('healthy')
    const log = `${EXAMPLE}logs/monitoring.log`
    while (!existsSync(log) || !readFileSync(log, 'utf8').includes(run))
      await new Promise((wait) => setTimeout(wait, 20))
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('recovery stands by over a sound capsule and not over a broken one', async () => {
    const capsule = join(temporaryFolder(), 'capsule')
    mkdirSync(capsule)
    writeFileSync(join(capsule, 'rollback.json'), '{}')
    writeFileSync(join(capsule, 'rollback.sh'), 'echo back\n')
    const child = spawn(process.execPath, [`${EXAMPLE}rollback-recovery-system.js`], {
      env: { ...process.env, GONOGO_RUN: 'r1', GONOGO_CAPSULE: capsule },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(said.toString()).toContain('standing by')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])

    writeFileSync(join(capsule, 'rollback.sh'), 'if then echo\n')
    expect((await inRun('rollback-recovery-system', [], { GONOGO_CAPSULE: capsule })).code).toBe(1)
    expect((await inRun('rollback-recovery-system', [], { GONOGO_CAPSULE: '' })).code).toBe(3)
  })
})

/** gonogo itself, on a project of the test's own. */
function gonogoOn(project: string): string {
  const path = join(temporaryFolder(), 'gonogo.mjs')
  const [program, place] = [join(EXAMPLE, '../../bin/gonogo.js'), project].map((text) => JSON.stringify(text))
  writeFileSync(path, `process.argv.splice(2, 0, '--project', ${place})\nawait import(${program})`)
  return path
}

test('the data tools rehearse, fix and take back', async () => {
  const path = await temporaryGraph()
  const env = { ...byPerson, DATABASE_PATH: path, GONOGO_BIN: gonogoOn(temporaryProject(path)) }
  const tool = async (name: string, ...args: string[]) =>
    (await runProgram([`${EXAMPLE}${name}.js`, ...args], env)).code
  expect(await tool('validate-consistency-fixes', '--pre-check')).toBe(0)
  expect(await tool('fix-data-consistency-issues', '--environment=production')).toBe(0)
  using database = openDatabase(path)
  const orphans = 'SELECT count(*) FROM relationships WHERE source_id NOT IN (SELECT id FROM entities)'
  expect(readNumber(database, orphans)).toBe(0)
  expect(await tool('fix-data-consistency-issues', '--undo')).toBe(0)
  expect(readNumber(database, orphans)).toBeGreaterThan(0)
})

test('every command of the checklist names a program that is there', () => {
  const checklist = readFileSync(`${EXAMPLE}CHECKLIST.md`, 'utf8')
  const programs = [...checklist.matchAll(/^node (\S+)/gm)].map(([, program]) => program)
  expect(new Set(programs).size).toBe(7)
  for (const program of programs) expect(existsSync(`${EXAMPLE}${program}`), program).toBe(true)
})

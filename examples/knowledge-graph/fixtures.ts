// What the example's tests stand on: a small graph in a folder of its own, and the real service as a real process.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { fixData, judgeData, type DataProject } from '../../src/app/data.ts'
import { surroundingsOf } from '../../src/app/project.ts'
import { readProject } from '../../src/config/load.ts'
import type { FixReport } from '../../src/consistency/fix/report.ts'
import { generateDataset } from './dataset/generate-dataset.ts'
import { loadKinds } from '../../src/catalog/catalog.ts'

await loadKinds()

export const EXAMPLE = fileURLToPath(new URL('.', import.meta.url))

const RELATIONSHIPS = 5000
let master: Promise<string> | undefined

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'knowledge-graph-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A graph of 5,000 relationships with the usual faults planted. @returns its path. */
export async function temporaryGraph(): Promise<string> {
  const path = join(temporaryFolder(), 'database.db')
  cpSync(await (master ??= makeMaster()), path)
  return path
}

async function makeMaster(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'knowledge-graph-master-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'database.db')
  await generateDataset(path, { relationships: RELATIONSHIPS, seed: 1 })
  return path
}

/** A project that has the rules of this example for the database at `path`. @returns its folder. */
export function temporaryProject(path: string): string {
  const { service, databases, rules } = parse(readFileSync(join(EXAMPLE, 'gonogo.yaml'), 'utf8'))
  const directory = temporaryFolder()
  const { expectedSchema: _, ...graph } = { ...databases.graph, path }
  writeFileSync(join(directory, 'gonogo.yaml'), stringify({ service, databases: { graph }, rules }))
  return directory
}

/** The same, as gonogo has it open. */
export function openRules(path: string): DataProject {
  const project = readProject(temporaryProject(path))
  return { project, surroundings: surroundingsOf(project, 'production') }
}

const EVERY_RULE = { database: 'graph', rules: null }

/** How many rows, or groups of them, break each rule. */
export async function countsOf(data: DataProject): Promise<Record<string, number | null>> {
  const signal = AbortSignal.timeout(60_000)
  const { results } = (await judgeData(data, EVERY_RULE, { mode: 'full', signal })).validation
  return Object.fromEntries(results.map(({ rule, count }) => [rule, count]))
}

export function fix(data: DataProject, options: { dryRun?: boolean } = {}): Promise<FixReport> {
  return fixData(data, EVERY_RULE, { ...options, signal: AbortSignal.timeout(60_000) })
}

export interface RunningService {
  url: string
  child: ChildProcess
  /** Exit code and signal, once it has ended. */
  ended: Promise<[number | null, NodeJS.Signals | null]>
}

/** Starts `src/server.ts` and waits until it listens; it is killed after the test. */
export async function startServer(databasePath: string, env: Record<string, string> = {}): Promise<RunningService> {
  const child = spawn(process.execPath, [join(EXAMPLE, 'src/server.ts')], {
    env: { ...process.env, PORT: '0', DATABASE_PATH: databasePath, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit') as RunningService['ended']
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const port = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const [, found] = /listening on port (\d+)/.exec(output) ?? []
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(`the service did not start: ${output}`)))
  })
  return { url: `http://127.0.0.1:${port}`, child, ended }
}

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs one of the example's programs to its end. */
export async function runProgram(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = spawn(process.execPath, args, { cwd: EXAMPLE, env: { ...process.env, ...env } })
  const finished: Finished = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (finished.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (finished.stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { ...finished, code }
}

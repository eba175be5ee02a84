// What the end-to-end tests stand on: gonogo as a process of its own, in a folder of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pause } from '../../src/lib/deadline.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const GONOGO = join(ROOT, 'bin/gonogo.js')

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

export interface Started {
  child: ChildProcess
  /** What it has said so far. */
  said(): string
  finished: Promise<Finished>
}

interface StartOptions {
  env?: Record<string, string>
  /** @default 300 s; then it is killed, and its code is null. */
  deadlineMs?: number
}

/** Starts gonogo in a folder, as rita unless the environment or `--as` says otherwise. */
export function startGonogo(directory: string, args: readonly string[], options: StartOptions = {}): Started {
  return startNode(directory, [GONOGO, ...args], options)
}

/** Runs gonogo to its end. */
export function gonogo(directory: string, args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  return startGonogo(directory, args, options).finished
}

/** Starts Node, with this Node first in the PATH of what it starts. */
export function startNode(directory: string, args: readonly string[], options: StartOptions = {}): Started {
  const { DATABASE_URL: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`
  const child = spawn(process.execPath, args, {
    cwd: directory,
    env: { ...inherited, PATH, GONOGO_USER: 'rita', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const result: Finished = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (result.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (result.stderr += chunk.toString()))
  const killed = setTimeout(() => child.kill('SIGKILL'), options.deadlineMs ?? 300_000)
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(killed)
      resolve({ ...result, code })
    })
  })
  return { child, said: () => result.stdout + result.stderr, finished }
}

/** An empty folder that everybody may enter, as Postgres does not run as root. Who made it calls `removeFolder`. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gonogo-e2e-')))
  chmodSync(folder, 0o755)
  return folder
}

/** Ends whatever still runs in the folder, and removes it. */
export async function removeFolder(folder: string): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const pids = processesIn(folder)
    if (pids.length === 0) break
    for (const pid of pids) kill(pid)
    await pause(100)
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Processes whose working directory is in the folder: a test that failed half-way leaves a service behind. */
function processesIn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => pid !== String(process.pid) && workingDirectory(pid).startsWith(folder)).map(Number)
}

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

/** A port that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Path → SHA-256 of every file of a folder, without gonogo's own state and logs. */
export function contentsOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !/^(\.gonogo|logs)\//.test(path))
    .toSorted()
  return Object.fromEntries(files.map((path) => [path, sha256(readFileSync(join(folder, path)))]))
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Waits until `look` gives something. @throws Error when it does not in time. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  deadlineMs = 60_000,
): Promise<T> {
  const endsAt = performance.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > endsAt) throw new Error(`waited ${deadlineMs / 1000} s in vain for ${what}`)
    await pause(100)
  }
}

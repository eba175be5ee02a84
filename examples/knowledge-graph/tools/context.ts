// Where a tool runs: by a person's hand, or as a step of a run that gonogo conducts.
import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const EXAMPLE = fileURLToPath(new URL('..', import.meta.url))

/** Id of the run this is a step of; null when a person started the tool. */
export function conductedRun(): string | null {
  return process.env.GONOGO_RUN || null
}

/** The release under way is of this version. */
export const candidateVersion = process.env.CANDIDATE_VERSION || 'v2'

/** A file or folder of the example. */
export function inExample(path: string): string {
  return `${EXAMPLE}${path}`
}

export function databasePath(): string {
  return process.env.DATABASE_PATH || inExample('data/database.db')
}

/** Where clients reach the service. @throws Error when SERVICE_URL does not say. */
export function serviceUrl(): string {
  const url = process.env.SERVICE_URL
  if (!url) throw new Error('SERVICE_URL is not set: where do clients reach the service?')
  return url.replace(/\/+$/, '')
}

/** Runs gonogo in the example's folder. @returns its exit code. */
export function runGonogo(...args: readonly (string | null)[]): Promise<number> {
  return runNode([gonogo(), ...args.filter((arg) => arg !== null)])
}

/** Runs gonogo for what it prints. @throws Error when it does not end with 0. */
export async function askGonogo(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [gonogo(), ...args], { cwd: EXAMPLE })).stdout
}

function gonogo(): string {
  return process.env.GONOGO_BIN || inExample('../../bin/gonogo.js')
}

/** Runs one of the example's scripts on the example's database. @returns its exit code. */
export function runScriptFile(script: string, ...args: readonly string[]): Promise<number> {
  return runNode([inExample(`scripts/${script}`), '--database', databasePath(), ...args])
}

function runNode(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: EXAMPLE, stdio: 'inherit' })
    const forward = (signal: NodeJS.Signals) => void child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    for (const signal of signals) process.on(signal, forward)
    child.once('error', reject)
    child.once('exit', (code) => {
      for (const signal of signals) process.off(signal, forward)
      resolve(code ?? 1)
    })
  })
}

/** `--environment E` as gonogo takes it, or nothing. */
export function environmentArgs(environment: string | null): string[] {
  return environment === null ? [] : ['--environment', environment]
}

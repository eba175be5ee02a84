// Finding and running a tool's own command line: an argument vector, no shell, bounded output.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { excerpt, lastLine } from '../lib/excerpt.ts'
import type { ExecResult } from '../lib/exec.ts'
import { unknown, type MigrationPlace, type ToolResult, type Unknown } from './tool.ts'

const OUTPUT_BYTES_MAX = 8 << 20

/** A program and the arguments that come first. */
export type Program = readonly [file: string, ...args: string[]]

/** The nearest `node_modules/.bin/NAME` from the project upwards; else npx, which is kept from installing anything. */
export function nodeProgram(name: string, project: string): Program {
  for (let directory = project; ; directory = dirname(directory)) {
    const path = join(directory, 'node_modules', '.bin', name)
    if (existsSync(path)) return [path]
    if (dirname(directory) === directory) return ['npx', '--no-install', name]
  }
}

/** Runs it in the project, without colours and without asking anybody. */
export function runProgram(
  [file, ...first]: Program,
  args: readonly string[],
  place: MigrationPlace,
  options: { env?: Record<string, string>; input?: string; onLine?: (line: string) => void } = {},
): Promise<ExecResult> {
  return place.exec(file, [...first, ...args], {
    cwd: place.project,
    env: { ...place.env, NO_COLOR: '1', CI: '1', ...options.env },
    signal: place.signal,
    outputBytesMax: OUTPUT_BYTES_MAX,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
  })
}

/** Why a program that could not be run, or that did not end by itself, tells nothing; null when it exited. */
export function whyNotRun(name: string, result: ExecResult, install: string): Unknown | null {
  if (result.ended === 'not-started') return unknown(`${name} could not be started`, install, result.stderr)
  if (result.ended === 'timed-out') return unknown(`${name} did not end in time`, 'see whether the database answers')
  if (result.ended === 'cancelled') return unknown(`${name} was stopped`, 'run it again')
  const words = wordsOf(result)
  if (/No local \w+ install found|npx canceled|npm error (?:could not determine|missing packages)/i.test(words))
    return unknown(`${name} is not installed in the project`, install, words)
  return null
}

/** Both streams, cut. */
export function wordsOf({ stdout, stderr }: ExecResult): string {
  return excerpt([stdout.trim(), stderr.trim()].filter(Boolean).join('\n'))
}

/** The line of its words that says what went wrong: the first with an error's own words, then the first that names one, else the last. */
export function complaintOf(words: string): string {
  const lines = words
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('at '))
  const telling =
    lines.find((line) => /\b(?:\w*error|exception|fatal): *\S/i.test(line)) ??
    lines.find((line) => /\b(?:error|exception|failed|fatal|invalid|corrupt|timeout)\b/i.test(line))
  return (telling ?? lastLine(words)).slice(0, 400)
}

/** What a program that was to change something came to. */
export function toolResult(name: string, result: ExecResult, timeouts: string, about = ''): ToolResult {
  const words = wordsOf(result)
  if (result.ended === 'exited' && result.exitCode === 0)
    return { ok: true, problem: '', words, touched: null, timeouts }
  const how =
    result.ended === 'exited'
      ? `exited ${result.exitCode ?? result.signal}`
      : result.ended === 'timed-out'
        ? 'did not end in time and was stopped'
        : result.ended === 'cancelled'
          ? 'was stopped'
          : 'could not be started'
  const complaint = complaintOf(words)
  return {
    ok: false,
    problem: `${about}${name} ${how}${complaint ? `: ${complaint}` : ''}`,
    words,
    touched: null,
    timeouts,
  }
}

// Load tools of others, where they are installed: each only builds a command and reads what it printed; running them stands here.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastLine } from '../../../../lib/excerpt.ts'
import type { ExecResult } from '../../../../lib/exec.ts'
import type { CheckContext } from '../../../check.ts'
import type { LoadReport } from '../report.ts'
import type { LoadRequest } from '../request-bytes.ts'
import type { Schedule } from '../schedule.ts'

/** A load as the options say it. */
export interface ToolLoad {
  requests: readonly LoadRequest[]
  /** Null: as much as goes. */
  schedule: Schedule | null
  durationMs: number
  connectionsMax: number
  threads: number
  timeoutMs: number
  /** Statuses that count as good; null: 200 to 399. */
  statuses: readonly number[] | null
}

/** A command, with what it reads. What is secret goes into its input or its file, never into its arguments. */
export interface ToolCommand {
  args: string[]
  input?: string
  /** Written into a directory of its own, for this user's eyes only. */
  file?: { name: string; content: string }
}

export interface LoadTool {
  program: string
  /** How one gets it. */
  install: string
  /** Why it cannot send this load, or null. */
  refuses(load: ToolLoad): string | null
  /** @param directory where the file will lie. */
  command(load: ToolLoad, directory: string): ToolCommand
  /** What it printed, read; null where it is not what this tool prints. */
  read(stdout: string): LoadReport | null
}

/** Above the load's own length, for starting, for the last answers and for printing. */
const SLACK_MS = 15_000

/** Runs the tool; gives its report, or why there is none. */
export async function runTool(
  tool: LoadTool,
  load: ToolLoad,
  context: CheckContext,
): Promise<LoadReport | { problem: string; remedy?: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-load-'))
  try {
    const { args, input, file } = tool.command(load, directory)
    if (file) writeFileSync(join(directory, file.name), file.content, { mode: 0o600 })
    const timeoutMs = load.durationMs + load.timeoutMs + SLACK_MS
    const result = await context.exec(tool.program, args, { timeoutMs, ...(input === undefined ? {} : { input }) })
    return tool.read(result.stdout) ?? problemOf(tool, result)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function problemOf({ program, install }: LoadTool, { ended, exitCode, signal, stderr, stdout }: ExecResult) {
  if (ended === 'not-started') return { problem: `${program} is not installed`, remedy: install }
  const said = lastLine(stderr) || lastLine(stdout) || 'nothing'
  return { problem: `${program} ended with ${exitCode ?? signal} and gave no figures; it said: ${said}` }
}

/** Numbers of an object by name; what is no finite number is left out. */
export function finiteOf<Name extends string>(values: Readonly<Record<Name, unknown>>): Partial<Record<Name, number>> {
  const finite = Object.entries(values).filter(([, value]) => typeof value === 'number' && Number.isFinite(value))
  return Object.fromEntries(finite) as Partial<Record<Name, number>>
}

// Source `sqlite-integrity`: is the service's SQLite database sound? Looked at in a process of its own.
import { resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { COMPILE_CACHE, entryPoint } from '../../lib/entry-point.ts'
import { exec } from '../../lib/exec.ts'
import type { Sample } from '../../plan/signal.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'
import type { IntegrityLook } from './sqlite-integrity-look.ts'

const options = z.strictObject({
  path: z.string().min(1).describe('Database file, relative to gonogo.yaml'),
  mode: z
    .enum(['integrity', 'quick'])
    .default('integrity')
    .describe('`integrity` also compares every index with its table; `quick` does not, and is several times faster'),
  everyMs: z.int().min(100).default(10_000).describe('Time from one look to the next'),
  timeoutMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(60_000)
    .describe('A look that takes longer is ended and counts as unknown'),
})

type Options = z.output<typeof options>

/** How long a look waits for a writer that holds the database. */
const BUSY_TIMEOUT_MS = 2000

export const sqliteIntegrity = defineSource<Options>({
  id: 'sqlite-integrity',
  summary: 'Integrity of a SQLite database: 1 when sound, 0 when damaged',
  options,
  example: { path: 'data/app.db', mode: 'integrity', everyMs: 10_000 },
  failingExample: { path: '' },
  secretFields: [],
  signals: () => ['integrity'],
  describe: ({ path, mode, everyMs }) => `${mode} check of the SQLite database ${path} every ${everyMs} ms`,
  create: (given, context) => createIntegritySource(given, context),
})

function createIntegritySource(given: Options, context: SourceContext): Source {
  const script = entryPoint(import.meta.url, './sqlite-integrity-look')
  const pragma = given.mode === 'quick' ? 'quick_check' : 'integrity_check'
  const args = [script, resolve(context.directory, given.path), pragma, String(BUSY_TIMEOUT_MS)]

  async function look(signal: AbortSignal): Promise<IntegrityLook> {
    const result = await exec(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      timeoutMs: given.timeoutMs,
      signal,
      env: COMPILE_CACHE,
    })
    if (result.ended === 'timed-out') return { problems: null, why: `no answer in ${given.timeoutMs} ms` }
    if (result.ended !== 'exited') return { problems: null, why: `the look was ${result.ended}` }
    if (result.exitCode !== 0) return { problems: null, why: lastLine(result.stderr) }
    return JSON.parse(result.stdout) as IntegrityLook
  }

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    const about = { signal: 'integrity', version: null, at: now, unit: 'count', observations: null }
    const { problems, why } = await look(signal).catch((error: unknown) => ({ problems: null, why: messageOf(error) }))
    if (!problems) return [{ ...about, value: null, detail: `${given.path}: ${why}` }]
    if (problems.length > 0) return [{ ...about, value: 0, detail: `${given.path}: ${problems.join('; ')}` }]
    return [{ ...about, value: 1 }]
  }

  return { sample, everyMs: given.everyMs, timeoutMs: given.timeoutMs + 1000 }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? 'the look ended without a word'
}

// How often lines of a log match: a count, a rate, or the rate against the stretch before. Files, rotated ones too, or a program's output.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { messageOf } from '../../lib/errors.ts'
import { withLastLine } from '../../lib/excerpt.ts'
import { parsePath } from '../../lib/json-path.ts'
import { formatSize } from '../../lib/size.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { listOf, oneOrMore, pattern, sizeBytes, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { countMaxOf, judgeTally } from './logs/judge-tally.ts'
import { findLogs, readLog, type LogText } from './logs/read-logs.ts'
import { recogniseLogs } from './logs/recognise-logs.ts'
import { newTally, PatternTooSlow, scanLines, type LineRule, type Stretches } from './logs/scan-lines.ts'

/** What most programs write before what went wrong. */
const TROUBLE = String.raw`\b(?:ERROR|FATAL|CRITICAL|PANIC)\b|\b[Ll]evel["']?\s?[=:]\s?["']?(?:error|fatal|critical|panic)\b|\[(?:error|crit|alert|emerg|fatal)\]|^(?:Uncaught|Unhandled|Traceback|panic:|Exception in )|^[\d\sTZ:.,+\-[\]]*(?:error|fatal|critical|[\w.$]*(?:Error|Exception)):`
const FILE_BYTES_MAX = 32 * 1024 ** 2

const scalar = z.union([z.string(), z.number(), z.boolean()])
const bounds = z
  .strictObject({ min: z.number().optional(), max: z.number().optional() })
  .refine((o) => o.min !== undefined || o.max !== undefined, 'give min or max')
  .transform((o) => ({
    ...(o.min === undefined ? {} : { min: o.min }),
    ...(o.max === undefined ? {} : { max: o.max }),
  }))

const schema = z
  .strictObject({
    files: oneOrMore(z.string().min(1)).optional().describe('log files, `*` allowed: "logs/app.log*"; .gz is unpacked'),
    command: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('program whose output is the log, as ["journalctl", "-u", "shop"]'),
    pattern: pattern
      .optional()
      .describe('regular expression of the lines that count; errors and worse without it and json'),
    ignoreCase: z.boolean().default(false).describe('whether patterns hold for small and capital letters alike'),
    ignored: z.array(pattern).default([]).describe('regular expressions of lines that do not count'),
    json: z
      .record(
        z.string().refine((text) => parsePath(text) !== null, 'not a path such as "level"'),
        z.union([scalar, z.array(scalar).min(1), bounds]),
      )
      .default({})
      .describe('for logs of JSON lines: path of a field to its value, a list of values, or min and max'),
    lastMs: durationOption.optional().describe('only the newest stretch, as "30 min"'),
    since: z.iso.datetime({ offset: true }).optional().describe('only what was written since, as 2026-11-21T20:00:00Z'),
    countMax: z.number().int().min(0).optional().describe('how many lines may match; 0 where no other bound is given'),
    countMin: z.number().int().min(1).optional().describe('how many lines must match'),
    ratePerMinuteMax: z.number().min(0).optional().describe('how many lines may match in a minute, on average'),
    baselineMs: durationOption.optional().describe('stretch before the judged one that it is compared with, as "24 h"'),
    baselineRatioMax: z.number().positive().default(1.5).describe('how many times the rate of the baseline it may be'),
    linesMin: z
      .number()
      .int()
      .min(1)
      .default(1)
      .describe('how many lines there must be to judge by: silence proves nothing'),
    bytesMax: sizeBytes.default(FILE_BYTES_MAX).describe('how much is read, the newest first'),
    timeoutMs: timeoutMs(60_000).describe('how long the program may take'),
  })
  .refine((o) => (o.files === undefined) !== (o.command === undefined), 'give either files or command')
  .refine((o) => o.lastMs === undefined || o.since === undefined, 'give either lastMs or since')
  .refine(
    (o) => o.baselineMs === undefined || o.lastMs !== undefined || o.since !== undefined,
    'baselineMs needs lastMs or since',
  )
  .refine((o) => o.bytesMax <= 512 * 1024 ** 2, 'bytesMax is at most 512 MiB')

type LogOptions = z.output<typeof schema>

export const logScan = defineCheck({
  id: 'log-scan',
  summary: 'counts matching lines of logs: in all, by the minute, or against the stretch before',
  options: schema,
  example: { files: 'logs/app.log*', lastMs: '30 min', ignored: ['ECONNRESET'], ratePerMinuteMax: 1 },
  failingExample: { command: ['node', '-e', 'console.log("ERROR out of memory")'], countMax: 0 },
  secretFields: ['command'],
  remedy: 'read the lines in the evidence, and settle what they complain of',
  recognise: recogniseLogs,

  describe(options) {
    const { files, command, countMin, ratePerMinuteMax, baselineMs, baselineRatioMax, lastMs, since } = options
    const what = files === undefined ? `output of \`${command?.[0] ?? ''}\`` : listOf(files).join(', ')
    const fields = Object.entries(options.json).map(([path, value]) => `${path} is ${JSON.stringify(value)}`)
    const matching = [options.pattern === undefined ? '' : `/${options.pattern}/`, ...fields]
      .filter(Boolean)
      .join(' and ')
    const stretch =
      lastMs === undefined ? (since === undefined ? '' : ` since ${since}`) : ` of the last ${formatDuration(lastMs)}`
    const most = countMaxOf(options)
    const wanted = [
      most === null ? '' : `at most ${most}`,
      countMin === undefined ? '' : `at least ${countMin}`,
      ratePerMinuteMax === undefined ? '' : `at most ${ratePerMinuteMax} a minute`,
      baselineMs === undefined
        ? ''
        : `at most ${baselineRatioMax} times the rate of the ${formatDuration(baselineMs)} before`,
    ]
    return `${what}: lines${stretch} with ${matching || 'errors'}: ${wanted.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => scan(options, context)),
})

async function scan(options: LogOptions, context: CheckContext): Promise<Outcome> {
  const hasFields = Object.keys(options.json).length > 0
  const source = options.pattern ?? (hasFields ? null : TROUBLE)
  const flags = options.ignoreCase ? 'i' : ''
  const rule: LineRule = {
    pattern: source === null ? null : new RegExp(source, flags),
    ignored: options.ignored.map((text) => new RegExp(text, flags)),
    fields: options.json,
  }
  const nowMs = Date.now()
  const fromMs =
    options.since === undefined
      ? options.lastMs === undefined
        ? null
        : nowMs - options.lastMs
      : Date.parse(options.since)
  const baselineFromMs = fromMs === null || options.baselineMs === undefined ? null : fromMs - options.baselineMs
  const stretches: Stretches = { fromMs, baselineFromMs }
  const tally = newTally()
  const read = { texts: 0, isCut: false, isQuiet: true }
  try {
    for await (const text of textsOf(options, context, baselineFromMs ?? fromMs)) {
      read.texts++
      read.isCut ||= text.isCut
      read.isQuiet &&= text.text === '' && !text.isCut
      await scanLines(text.text, rule, stretches, tally, context.signal)
    }
  } catch (error) {
    if (context.signal.aborted) throw error
    if (error instanceof PatternTooSlow)
      return unverified('the pattern does not come to an end on these lines', {
        remedy: 'write it without nested repetition, such as (a+)+',
      })
    return unverified(messageOf(error), { remedy: 'correct `files` or `command`, and see that gonogo may read it' })
  }
  if (read.texts === 0) return unverified(`there is no log: ${nothingAt(options)}`, { remedy: 'correct `files`' })
  return judgeTally(options, tally, { ...stretches, nowMs, isCut: read.isCut, isQuiet: read.isQuiet })
}

function nothingAt({ files, bytesMax }: LogOptions): string {
  return files === undefined ? `nothing within ${formatSize(bytesMax)}` : `nothing matches ${listOf(files).join(', ')}`
}

/** Texts of the log, the newest first, until enough was read. Files that were last written before `fromMs` hold nothing of interest. */
async function* textsOf(options: LogOptions, context: CheckContext, fromMs: number | null): AsyncGenerator<LogText> {
  let leftBytes = options.bytesMax
  if (options.command) return yield await outputOf(options.command, options, context)
  for (const file of await findLogs(listOf(options.files ?? []), context.directory)) {
    if (fromMs !== null && file.changedAtMs < fromMs) {
      // It is there, and has nothing to say of that time.
      yield { name: file.path, text: '', isCut: false }
      continue
    }
    if (leftBytes <= 0) return yield { name: file.path, text: '', isCut: true }
    const text = await readLog(file, leftBytes, context.signal)
    leftBytes -= Buffer.byteLength(text.text)
    yield text
  }
}

async function outputOf(command: readonly string[], options: LogOptions, context: CheckContext): Promise<LogText> {
  const [file = '', ...args] = command
  const { bytesMax, timeoutMs: ms } = options
  const result = await context.exec(file, args, { timeoutMs: ms, outputBytesMax: bytesMax, signal: context.signal })
  const { ended, exitCode, signal, stdout, stderr } = result
  if (ended === 'not-started') throw new Error(withLastLine(`\`${file}\` could not be started`, stderr))
  if (ended !== 'exited') throw new Error(`\`${file}\` did not end within ${formatDuration(ms)}`)
  if (exitCode !== 0) throw new Error(withLastLine(`\`${file}\` exited ${exitCode ?? signal}`, stderr))
  // Logs of containers come on both.
  return { name: file, text: `${stdout}\n${stderr}`, isCut: stdout.length >= bytesMax || stderr.length >= bytesMax }
}

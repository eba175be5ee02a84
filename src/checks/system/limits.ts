// How much a process may open and start before the system says no, and how much of that it uses.
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { readPid } from './running.ts'

const count = z.number().int().nonnegative()

const schema = z
  .strictObject({
    pid: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('process to look at; this one by default, of which Node.js itself has raised the limit of open files'),
    pidFile: z.string().min(1).optional().describe('file that holds the id of the process to look at'),
    openFilesMin: count.optional().describe('files and connections it may have open at once, at least'),
    openFilesUsedPercentMax: z.number().min(0).max(100).optional().describe('share of those that it has open, at most'),
    processesMin: count.optional().describe('processes and threads its user may have at once, at least'),
  })
  .refine((o) => o.pid === undefined || o.pidFile === undefined, 'give pid or pidFile, not both')
  .refine(
    (o) => o.openFilesMin !== undefined || o.openFilesUsedPercentMax !== undefined || o.processesMin !== undefined,
    'give openFilesMin, openFilesUsedPercentMax or processesMin',
  )

type Options = z.infer<typeof schema>

export const limits = defineCheck({
  id: 'limits',
  summary: 'compares the limits of a process on open files and processes with what is wanted',
  options: schema,
  example: { pidFile: 'run/app.pid', openFilesMin: 65_536, openFilesUsedPercentMax: 80 },
  failingExample: { openFilesMin: 1_000_000_000_000_000 },
  secretFields: [],
  remedy: 'raise LimitNOFILE or LimitNPROC of its unit, or the lines in limits.conf, and start it again',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (/\b(?:alert\w*|monitor\w*|if|pods?|containers?)\b/i.test(sentence)) return null
    const files = find(sentence, /\b(?:ulimit -n|nofile|open files?|file descriptors?)\b/i)
    const processes = find(sentence, /\b(?:ulimit -u|nproc)\b|\bmax(?:imum)? (?:user )?processes\b/i)
    if ((files === null) === (processes === null)) return null
    const match =
      /(?:>=?|≥|at least|minimum(?: of)?|set to|is|:|=)\s*(\d{1,3}(?:,\d{3})+|\d{3,9})\b\+?(?!\s*(?:%|ms|s\b))/i.exec(
        sentence,
      )
    const value = Number(match?.[1]?.replaceAll(',', ''))
    if (!match?.[1] || !(value > 0)) return null
    const quotes = [files ?? processes ?? '', match[1]]
    const remark = 'this process is assumed: name the one that serves by pidFile'
    return propose(SURE.likely, files ? { openFilesMin: value } : { processesMin: value }, quotes, remark)
  },

  describe: (options) => `limits of ${whose(options)}: ${bounds(options)}`,

  run: (options, context) => look(context, () => judge(options, context)),
})

async function judge(options: Options, context: CheckContext): Promise<Outcome> {
  if (process.platform !== 'linux') return unverified('limits of processes are read from /proc, which only Linux has')
  const who = whose(options)
  const id =
    options.pidFile === undefined ? (options.pid ?? 'self') : await readPid(resolve(context.directory, options.pidFile))
  if (typeof id === 'object')
    return unverified(`${options.pidFile}: ${id.error}`, { remedy: 'start it, or correct pidFile' })
  let text: string
  try {
    text = (await readBoundedFile(`/proc/${id}/limits`, 65_536)).text
  } catch (error) {
    const gone = codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH'
    return unverified(`${who}: ${gone ? 'it does not run' : messageOf(error)}`, {
      remedy: gone ? 'start it, then check again' : 'run gonogo as its user',
    })
  }
  const files = softLimit(text, 'Max open files')
  const processes = softLimit(text, 'Max processes')
  if (Number.isNaN(files) || Number.isNaN(processes)) return unverified(`${who}: its limits cannot be read`)
  const seen = [`${shown(files)} open files`, `${shown(processes)} processes`]
  const measurements = [files, processes].flatMap((value, index) =>
    Number.isFinite(value)
      ? [{ name: index === 0 ? 'open files limit' : 'processes limit', value, unit: 'count' }]
      : [],
  )
  const wrong: string[] = []
  if (files < (options.openFilesMin ?? 0)) wrong.push(`at least ${options.openFilesMin} open files wanted`)
  if (processes < (options.processesMin ?? 0)) wrong.push(`at least ${options.processesMin} processes wanted`)
  if (options.openFilesUsedPercentMax !== undefined) {
    const open = openFilesOf(id)
    if (open === null)
      return unverified(`${who}: what it has open cannot be counted`, {
        measurements,
        remedy: 'run gonogo as its user',
      })
    const percent = Math.ceil((open / files) * 1000) / 10
    measurements.push({ name: 'open files used', value: percent, unit: 'percent' })
    seen.push(`${percent} % of the files open`)
    if (percent > options.openFilesUsedPercentMax)
      wrong.push(`at most ${options.openFilesUsedPercentMax} % open wanted`)
  }
  const text_ = `${who} may have ${seen.join(', ')}`
  return wrong.length > 0
    ? failed(`${text_}, but ${wrong.join(' and ')}`, { measurements })
    : passed(text_, { measurements })
}

/** The limit that is in force; infinite where there is none. */
function softLimit(text: string, name: string): number {
  const soft = new RegExp(`^${name} +(\\d+|unlimited)`, 'm').exec(text)?.[1]
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? Number.NaN)
}

function openFilesOf(id: number | 'self'): number | null {
  try {
    return readdirSync(`/proc/${id}/fd`).length
  } catch {
    return null
  }
}

function shown(limit: number): string {
  return Number.isFinite(limit) ? String(limit) : 'any number of'
}

function whose({ pid, pidFile }: Options): string {
  return pid !== undefined ? `process ${pid}` : pidFile !== undefined ? `the process of ${pidFile}` : 'this process'
}

function bounds({ openFilesMin, openFilesUsedPercentMax, processesMin }: Options): string {
  return [
    openFilesMin === undefined ? '' : `at least ${openFilesMin} open files`,
    openFilesUsedPercentMax === undefined ? '' : `at most ${openFilesUsedPercentMax} % of them open`,
    processesMin === undefined ? '' : `at least ${processesMin} processes`,
  ]
    .filter(Boolean)
    .join(', ')
}

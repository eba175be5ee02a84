// How busy the processors of this host are: over a short stretch, and by the load that the system reports.
import { availableParallelism, cpus, loadavg } from 'node:os'
import { z } from 'zod'
import { pause } from '../../lib/deadline.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'

const LOAD_MINUTES = [1, 5, 15] as const

const schema = z
  .strictObject({
    usedPercentMax: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('share of all processor time in use over the sample, at most'),
    sampleMs: z.number().int().min(100).max(600_000).default(1000).describe('how long use is sampled'),
    loadPerCoreMax: z
      .number()
      .min(0)
      .optional()
      .describe('load average divided by the cores, at most; 1 is all of them busy'),
    loadMinutes: z
      .union(LOAD_MINUTES.map((minutes) => z.literal(minutes)))
      .default(5)
      .describe('which load average: of 1, 5 or 15 minutes'),
    coresMin: z.number().int().min(1).optional().describe('cores there must be for this process, at least'),
  })
  .refine(
    (o) => o.usedPercentMax !== undefined || o.loadPerCoreMax !== undefined || o.coresMin !== undefined,
    'give usedPercentMax, loadPerCoreMax or coresMin',
  )

type Options = z.infer<typeof schema>

export const cpu = defineCheck({
  id: 'cpu',
  summary: 'compares processor use, load and number of cores of this host with bounds',
  options: schema,
  example: { usedPercentMax: 70, loadPerCoreMax: 1 },
  failingExample: { coresMin: 1_000_000 },
  secretFields: [],
  remedy: 'find out what is busy with `top`, and end it, wait, or give the machine more cores',
  // What runs beside it is what it would measure.
  alone: true,

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:alert\w*|alarms?|monitor\w*|notif\w+|containers?|pods?|nodes?|process\w*|services?|database|redis|worker|under load|peak|load test|limits?|requests?|dashboards?|autoscal\w+|p\d\d|if)\b/i.test(
        sentence,
      )
    )
      return null
    const cores =
      /\b(?:at least|minimum(?: of)?)\s+(\d{1,3})\s+(?:v?CPUs?|(?:CPU )?cores)\b|\b(\d{1,3})\+?\s+(?:v?CPUs?|(?:CPU )?cores)\s+(?:minimum|or more|available)\b/i.exec(
        sentence,
      )
    const count = Number(cores?.[1] ?? cores?.[2])
    if (cores && count > 0) return propose(SURE.likely, { coresMin: count }, [cores[0]])
    // "CPU usage < 70 %" is said of services as often as of hosts: only words that name the host are clear.
    const host = find(sentence, /\b(?:system|host|server|machine)\b[^.]{0,20}\bCPU\b/i)
    const load = find(sentence, /\bload average\b[^.]{0,30}\bper core\b/i)
    for (const { operator, value, unit, text, relativeTo } of item.thresholds) {
      if (value === null || relativeTo !== null || !operator.startsWith('<')) continue
      if (host && unit === 'percent') return propose(SURE.likely, { usedPercentMax: value }, [host, text])
      if (load && unit !== 'percent') return propose(SURE.likely, { loadPerCoreMax: value }, [load, text])
    }
    return null
  },

  describe: (options) => `processors of this host: ${bounds(options)}`,

  run: (options, context) =>
    look(context, async () => {
      const cores = availableParallelism()
      const measurements = [{ name: 'cores', value: cores, unit: 'count' }]
      const seen = [plural(cores, 'core')]
      const wrong: string[] = []
      if (options.coresMin !== undefined && cores < options.coresMin) wrong.push(`at least ${options.coresMin} wanted`)
      if (options.loadPerCoreMax !== undefined) {
        // There is no load average on Windows: always zero.
        if (process.platform === 'win32')
          return unverified('this system tells no load average', { remedy: 'use usedPercentMax instead' })
        const load = loadavg()[LOAD_MINUTES.indexOf(options.loadMinutes)] ?? Number.NaN
        const perCore = Math.round((load / cores) * 100) / 100
        measurements.push({ name: 'load per core', value: perCore, unit: 'count' })
        seen.push(`load ${perCore} per core over ${options.loadMinutes} min`)
        if (!(perCore <= options.loadPerCoreMax)) wrong.push(`at most ${options.loadPerCoreMax} per core wanted`)
      }
      if (options.usedPercentMax !== undefined) {
        const percent = await usedPercent(options.sampleMs, context.signal)
        if (percent === null) return unverified('the system does not tell how its processor time is spent')
        measurements.push({ name: 'processor use', value: percent, unit: 'percent' })
        seen.push(`${percent} % used`)
        if (percent > options.usedPercentMax) wrong.push(`at most ${options.usedPercentMax} % used wanted`)
      }
      return wrong.length > 0
        ? failed(`${seen.join(', ')}, but ${wrong.join(' and ')}`, { measurements })
        : passed(`${seen.join(', ')}; ${bounds(options)} wanted`, { measurements })
    }),
})

/** Share of the time of all processors that was spent on something, to a tenth; null where no time went by. */
async function usedPercent(sampleMs: number, signal: AbortSignal): Promise<number | null> {
  const before = timesMs()
  await pause(sampleMs, signal)
  const after = timesMs()
  const totalMs = after.total - before.total
  if (!(totalMs > 0)) return null
  return Math.min(100, Math.max(0, Math.round((1 - (after.idle - before.idle) / totalMs) * 1000) / 10))
}

function timesMs(): { idle: number; total: number } {
  const all = cpus().map(({ times }) => times)
  return {
    idle: all.reduce((sum, times) => sum + times.idle, 0),
    total: all.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  }
}

function bounds({ usedPercentMax, loadPerCoreMax, loadMinutes, coresMin }: Options): string {
  return [
    coresMin === undefined ? '' : `at least ${plural(coresMin, 'core')}`,
    loadPerCoreMax === undefined ? '' : `load over ${loadMinutes} min at most ${loadPerCoreMax} per core`,
    usedPercentMax === undefined ? '' : `at most ${usedPercentMax} % used`,
  ]
    .filter(Boolean)
    .join(', ')
}

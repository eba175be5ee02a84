// Memory this host (or the container around us, if that is tighter) still has to give.
import { totalmem } from 'node:os'
import { z } from 'zod'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { formatSize } from '../../lib/size.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { sizeBytes } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'

const schema = z
  .strictObject({
    freeBytesMin: sizeBytes.optional().describe('memory available without swapping, at least: bytes or "2 GB"'),
    usedPercentMax: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('memory not available as a share of all memory, at most'),
    swapUsedPercentMax: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('swap space in use as a share of all swap space, at most; a host without any uses none'),
  })
  .refine(
    (o) => o.freeBytesMin !== undefined || o.usedPercentMax !== undefined || o.swapUsedPercentMax !== undefined,
    'give freeBytesMin, usedPercentMax or swapUsedPercentMax',
  )

type Options = z.infer<typeof schema>

export const memory = defineCheck({
  id: 'memory',
  summary: 'compares the available memory of this host or container with a bound',
  options: schema,
  example: { freeBytesMin: '2 GB', usedPercentMax: 90 },
  failingExample: { freeBytesMin: '100 EB' },
  secretFields: [],
  remedy: 'stop what is not needed or give the machine more memory',

  recognise(item) {
    const sentence = sentenceOf(item)
    // "Memory usage < 80 %" is said of services as often as of hosts: only words that name the host are clear.
    const host = find(sentence, /\b(system|host|server|machine)\b[^.]{0,20}\b(memory|RAM)\b/i)
    const free = find(sentence, /\b(free|available)\s+(memory|RAM)\b|\b(memory|RAM)\b[^.]{0,20}\b(free|available)\b/i)
    if (
      /\b(?:alert\w*|alarms?|monitor\w*|notif\w+|containers?|pods?|heap|redis|process\w*|services?|database)\b/i.test(
        sentence,
      )
    )
      return null
    for (const { operator, value, unit, text, relativeTo } of item.thresholds) {
      if (value === null || relativeTo !== null) continue
      const above = operator === '>' || operator === '>='
      const below = operator === '<' || operator === '<='
      if (free && unit === 'bytes' && above) return propose(SURE.said, { freeBytesMin: value }, [free, text])
      if (host && !free && unit === 'percent' && below)
        return propose(SURE.likely, { usedPercentMax: value }, [host, text])
    }
    return null
  },

  describe: (options) => `memory of this host: ${bounds(options)}`,

  run: (options, context) =>
    look(context, async () => {
      // On Linux MemAvailable, or what a container's limit leaves; a limit beyond the host's memory is none.
      const freeBytes = process.availableMemory()
      const limitBytes = process.constrainedMemory()
      const totalBytes = limitBytes > 0 ? Math.min(limitBytes, totalmem()) : totalmem()
      const usedPercent = Math.ceil((1 - freeBytes / totalBytes) * 1000) / 10
      const measurements = [
        { name: 'available memory', value: freeBytes, unit: 'bytes' },
        { name: 'used memory', value: usedPercent, unit: 'percent' },
      ]
      let seen = `available ${formatSize(freeBytes)} of ${formatSize(totalBytes)}, ${usedPercent} % used`
      let enough = freeBytes >= (options.freeBytesMin ?? 0) && usedPercent <= (options.usedPercentMax ?? 100)
      if (options.swapUsedPercentMax !== undefined) {
        const swapPercent = await swapUsedPercent()
        if (swapPercent === null) return unverified('this system does not tell how much swap is used', { measurements })
        measurements.push({ name: 'used swap', value: swapPercent, unit: 'percent' })
        seen += `, ${swapPercent} % of the swap`
        enough &&= swapPercent <= options.swapUsedPercentMax
      }
      return enough
        ? passed(`${seen}, ${bounds(options)} wanted`, { measurements })
        : failed(`${seen}, but ${bounds(options)} wanted`, {
            measurements,
            remedy: 'end what is not needed or add memory',
          })
    }),
})

/** Swap in use, in percent to a tenth; null where the system does not tell. */
async function swapUsedPercent(): Promise<number | null> {
  try {
    return swapOf((await readBoundedFile('/proc/meminfo', 65_536)).text)
  } catch {
    return null
  }
}

/** The same, of the text of /proc/meminfo. */
export function swapOf(text: string): number | null {
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN)
  const [total, free] = [kib('SwapTotal'), kib('SwapFree')]
  if (Number.isNaN(total) || Number.isNaN(free)) return null
  return total === 0 ? 0 : Math.ceil((1 - free / total) * 1000) / 10
}

function bounds({ freeBytesMin, usedPercentMax, swapUsedPercentMax }: Options): string {
  const parts = [
    freeBytesMin === undefined ? '' : `at least ${formatSize(freeBytesMin)} available`,
    usedPercentMax === undefined ? '' : `at most ${usedPercentMax} % used`,
    swapUsedPercentMax === undefined ? '' : `at most ${swapUsedPercentMax} % of the swap used`,
  ]
  return parts.filter(Boolean).join(' and ')
}

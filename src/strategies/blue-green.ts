// Blue-green: the new version is first seen by testers only, then gets everything at once; the old one is kept warm.
import { z } from 'zod'
import { parseDurationMs } from '../lib/duration.ts'
import { durationText } from './duration-text.ts'
import { defineStrategy } from './strategy.ts'

const options = z.strictObject({
  preview: durationText
    .default('5 min')
    .describe('How long only requests with the preview header reach the new version: the time for smoke tests'),
  warm: durationText
    .default('60 min')
    .describe('How long the old version is kept ready after the switch, with the guards on'),
  mirror: z
    .number()
    .gt(0)
    .max(100)
    .optional()
    .describe('Meanwhile the new version gets a copy of so many percent of the requests that change nothing'),
})

export const blueGreen = defineStrategy<z.output<typeof options>>({
  id: 'blue-green',
  summary: 'Preview for testers, then all traffic at once, the old version kept warm',
  options,
  example: { preview: '10 min', warm: '2h' },
  failingExample: { preview: 'a while' },
  stages: ({ preview, warm, mirror }) => [
    {
      name: 'preview',
      weight: 0,
      durationMs: parseDurationMs(preview) ?? 0,
      preview: true,
      ...(mirror === undefined ? {} : { mirror }),
    },
    { name: 'full', weight: 100, durationMs: parseDurationMs(warm) ?? 0, preview: false },
  ],
})

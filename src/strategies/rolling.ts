// Rolling: instances of the old version make way for new ones, batch by batch; requests go to both by their numbers.
import { z } from 'zod'
import { parseDurationMs } from '../lib/duration.ts'
import type { Stage } from '../plan/stage.ts'
import { durationText } from './duration-text.ts'
import { defineStrategy } from './strategy.ts'

const options = z.strictObject({
  batches: z
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe('In so many batches; each replaces the same share of the instances'),
  pause: durationText.default('1 min').describe('How long each batch is watched before the next'),
  watch: durationText.default('30 min').describe('How long the last one is watched'),
})

export const rolling = defineStrategy<z.output<typeof options>>({
  id: 'rolling',
  summary: 'Instances are replaced batch by batch, without room for twice as many',
  options,
  example: { batches: 3, pause: '2 min' },
  failingExample: { batches: 0 },
  stages: ({ batches, pause, watch }) =>
    Array.from({ length: batches }, (_, index): Stage => {
      const isLast = index === batches - 1
      const share = isLast ? 100 : Math.round((100 * (index + 1)) / batches)
      const durationMs = parseDurationMs(isLast ? watch : pause) ?? 0
      return {
        name: isLast ? 'full' : `batch-${index + 1}`,
        weight: share,
        replaced: share,
        durationMs,
        preview: false,
      }
    }),
})

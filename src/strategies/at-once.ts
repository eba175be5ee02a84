// At once: one switch, watched afterwards. How instances are replaced is the affair of the target: a rolling update of Kubernetes, a reload.
import { z } from 'zod'
import { durationText } from './duration-text.ts'
import { defineStrategy } from './strategy.ts'
import { parseDurationMs } from '../lib/duration.ts'

const options = z.strictObject({
  watch: durationText.default('60 min').describe('How long it is watched after the switch, with the guards on'),
})

export const atOnce = defineStrategy<z.output<typeof options>>({
  id: 'at-once',
  summary: 'One switch, watched afterwards',
  options,
  example: { watch: '30 min' },
  failingExample: { watch: 'a while' },
  stages: ({ watch }) => [{ name: 'full', weight: 100, durationMs: parseDurationMs(watch) ?? 0, preview: false }],
})

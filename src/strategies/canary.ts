// Canary: a growing share of traffic, each stage watched before the next.
import { z } from 'zod'
import { parseDurationMs } from '../lib/duration.ts'
import type { Stage } from '../plan/stage.ts'
import { durationText } from './duration-text.ts'
import { defineStrategy } from './strategy.ts'

const DEFAULT_STAGES = [
  { name: 'smoke', weight: 1, duration: '5 min' },
  { name: 'canary', weight: 10, duration: '15 min' },
  { name: 'staged', weight: 25, duration: '30 min' },
  { name: 'majority', weight: 50, duration: '60 min' },
  { name: 'full', weight: 100, duration: '60 min' },
]

const stage = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'a name is letters, digits, ".", "_", "-"')
    .describe('What bindings, the screen and the report call it'),
  weight: z.number().positive().max(100).describe('Percent of traffic for the new version'),
  duration: durationText.describe('How long it is watched: "5 min", "1h30m"'),
})

const options = z.strictObject({
  stages: z
    .array(stage)
    .min(1)
    .max(50)
    .superRefine((stages, context) => {
      for (const [index, { name, weight }] of stages.entries()) {
        const before = stages.slice(0, index)
        const refuse = (key: string, message: string): void =>
          context.addIssue({ code: 'custom', message, path: [index, key] })
        if (before.some((other) => other.name === name)) refuse('name', `there are two stages called "${name}"`)
        const previous = before.at(-1)
        if (previous && weight <= previous.weight)
          refuse('weight', `weights must grow: ${weight} comes after ${previous.weight}`)
        if (index === stages.length - 1 && weight !== 100) refuse('weight', 'the last stage must have weight 100')
      }
    })
    .default(DEFAULT_STAGES)
    .describe('In order; weights grow and end at 100. Default: 1, 10, 25, 50, 100 % for 5, 15, 30, 60, 60 minutes'),
})

export const canary = defineStrategy<z.output<typeof options>>({
  id: 'canary',
  summary: 'A growing share of traffic, each stage watched before the next',
  options,
  example: {
    stages: [
      { name: 'canary', weight: 10, duration: '15 min' },
      { name: 'full', weight: 100, duration: '1h' },
    ],
  },
  failingExample: {
    stages: [
      { name: 'canary', weight: 50, duration: '15 min' },
      { name: 'full', weight: 10, duration: '1h' },
    ],
  },
  stages: ({ stages }) =>
    stages.map(({ name, weight, duration }): Stage => ({
      name,
      weight,
      durationMs: parseDurationMs(duration) ?? 0,
      preview: false,
    })),
})

// Options of the router kind `command`.
import { z } from 'zod'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { userCommand } from '../../lib/user-command.ts'
import { probeSchema } from '../probing.ts'

export const settingsSchema = z
  .strictObject({
    set: userCommand.describe(
      'Puts weights in force, all at once. A list is program and arguments with {stable}, {version}, {weight} (percent of {version}) and {weights} (v1=90,v2=10); `shell` is text that reads $GONOGO_STABLE, $GONOGO_VERSION, $GONOGO_WEIGHT and $GONOGO_WEIGHTS. The whole table comes in as JSON',
    ),
    current: userCommand
      .optional()
      .describe(
        'Prints the weights in force: a line `version weight` each, or JSON {"v1": 90, "v2": 10}; nothing when there are none',
      ),
    drain: userCommand.optional().describe('Ends when {version} ($GONOGO_VERSION) has no request in flight'),
    counters: userCommand
      .optional()
      .describe('Prints JSON lines {"version": "v1", "requests": 100, "errors": 0}, counted since the router started'),
    weights: z.enum(['any', 'whole']).default('any').describe('Any share, or only everything to one version'),
    probe: probeSchema.optional(),
    unverified: z
      .boolean()
      .default(false)
      .describe('Believe `set` where neither `current` nor `probe` can tell whether it did what it was told'),
    verifyTimeoutMs: milliseconds.default(10_000).describe('Longest until `current` prints what was set'),
    drainGraceMs: z
      .number()
      .int()
      .min(0)
      .max(3_600_000)
      .default(5000)
      .describe('How long requests get to end, without `drain`'),
    cwd: z.string().default('.').describe('Directory the commands are run in, relative to gonogo.yaml'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('Added to their environment; values are treated as secrets'),
    commandTimeoutMs: milliseconds.default(30_000).describe('Longest that one of them may take'),
  })
  .refine(({ current, probe, unverified }) => current !== undefined || probe !== undefined || unverified, {
    path: ['current'],
    message: 'a switch that nobody can verify is none: give `current` or `probe`, or say `unverified: true`',
  })

export type Settings = z.output<typeof settingsSchema>

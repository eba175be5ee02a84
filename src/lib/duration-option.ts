// A duration as an option of gonogo.yaml takes it.
import { z } from 'zod'
import { parseDurationMs } from './duration.ts'

/** `5 min`, `250ms`, or a number of milliseconds; gives milliseconds. */
export const durationOption = z
  .union([z.string(), z.number().nonnegative()])
  .transform((value, context) => {
    const parsed = typeof value === 'number' ? value : parseDurationMs(value)
    if (parsed !== null) return parsed
    const params = { expected: 'one like "30 s", "5 min" or "1h"' }
    context.addIssue({ code: 'custom', message: `"${value}" is not a duration`, params })
    return z.NEVER
  })
  .describe('A duration: "250ms", "30 s", "5 min", "1h30m", "7 days", or milliseconds')

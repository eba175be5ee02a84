// A duration as people write it, kept as text: strategies turn it into milliseconds themselves.
import { z } from 'zod'
import { parseDurationMs } from '../lib/duration.ts'

export const durationText = z
  .string()
  .refine((text) => parseDurationMs(text) !== null, 'not a duration; expected one like "30 s", "5 min" or "1h"')

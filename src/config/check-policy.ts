// How often and how long a check looks, as gonogo.yaml says it beside `check:` and `with:`.
import { z } from 'zod'
import { durationOption as duration } from '../lib/duration-option.ts'
import type { CheckPolicy } from '../plan/binding.ts'

const oneOrMore = z.union([z.string().transform((value) => [value]), z.array(z.string()).min(1)])
const DAY_MS = 86_400_000
/** Looks of a soak that says nothing about them: this many, but not more often than every `EVERY_MS_MIN`. */
const LOOKS = 60
const EVERY_MS_MIN = 5000

const condition = z
  .strictObject({
    environment: oneOrMore.optional().describe('One of these environments'),
    variable: z.string().min(1).optional().describe('An environment variable that is set and not empty'),
    is: oneOrMore.optional().describe('... and has this value, or one of these'),
    file: z.string().min(1).optional().describe('A file or folder that is there, relative to gonogo.yaml'),
    not: z.boolean().default(false).describe('Turns the condition around'),
  })
  .refine(({ environment, variable, file }) => environment ?? variable ?? file, 'names no condition')
  .refine(({ variable, is }) => variable !== undefined || is === undefined, '`is` wants a `variable`')

/** A day counts to its end, in UTC. */
const moment = z
  .union([
    z.iso.date('is no day like 2027-01-31').transform((day) => Date.parse(day) + DAY_MS),
    z.iso.datetime({ offset: true }).transform((at) => Date.parse(at)),
  ])
  .describe('Last day (2027-01-31) or moment at which it holds')

/** Keys of a check's binding beside `check`, `with` and `timeout`. */
export const checkPolicyOptions = {
  retries: z.int().min(0).max(100).default(0).describe('So many more looks where one did not pass'),
  retryAfter: duration.default(5000).describe('Time between two of them'),
  for: duration.default(0).describe('It must hold this long: every look in that time must pass'),
  every: duration.optional().describe('Time between two looks of `for`; without it about 60 looks are made'),
  cache: duration.default(0).describe('A pass this fresh is used again, and its age is shown'),
  when: condition.optional().describe('Skipped unless this holds'),
  waive: z
    .strictObject({
      by: z.string().min(1).describe('Who accepts it: somebody of `people`'),
      reason: z.string().min(1),
      until: moment,
    })
    .optional()
    .describe('Accepted although not green, by a named person, up to a day'),
}

type Entry = z.output<z.ZodObject<typeof checkPolicyOptions>>

/** The policy of an entry; null where it says nothing: one look, now. */
export function checkPolicyOf(entry: Entry): CheckPolicy | null {
  const { retries, retryAfter: retryAfterMs, for: forMs, every, cache: cacheMs, when, waive } = entry
  if (retries === 0 && forMs === 0 && cacheMs === 0 && !when && !waive) return null
  const everyMs = every ?? Math.max(EVERY_MS_MIN, forMs / LOOKS)
  return {
    retries,
    retryAfterMs,
    soak: forMs > 0 ? { forMs, everyMs: Math.min(everyMs, forMs) } : null,
    cacheMs,
    when: when
      ? {
          environment: when.environment ?? null,
          variable: when.variable === undefined ? null : { name: when.variable, is: when.is ?? null },
          file: when.file ?? null,
          not: when.not,
        }
      : null,
    waiver: waive ? { by: waive.by, reason: waive.reason, untilMs: waive.until } : null,
  }
}

// How `gonogo plan --format json` prints what an item is bound to.
import { z } from 'zod'

const scope = z.enum(['candidate', 'stable', 'any', 'service'])
/** As thresholds have them. */
export const operator = z.enum(['<', '<=', '>', '>=', '==', '!=', 'between'])
const relativeTo = z.enum(['baseline', 'baseline-points']).nullable()

const watch = z.strictObject({
  signal: z.string(),
  scope,
  aggregate: z.string(),
  operator: operator.describe('The good state'),
  value: z.number(),
  valueMax: z.number().nullable(),
  relativeTo,
  forMs: z.number(),
})

const guard = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    severity: z.enum(['notify', 'pause', 'rollback']),
    restoreData: z.boolean(),
    unknownMax: z.number(),
    item: z.string().nullable(),
    kind: z.string(),
    options: z.record(z.string(), z.unknown()).describe('As the kind takes them: `gonogo kinds guard`'),
    scope: scope.describe('Whom it judges'),
    series: z
      .array(
        z.strictObject({
          signal: z.string(),
          scope,
          bad: z.strictObject({ operator, value: z.number().nullable(), valueMax: z.number().nullable() }).nullable(),
        }),
      )
      .describe('What it looks at; `bad`: in which direction single values are bad'),
    condition: z.string().describe('When it trips, in words'),
  })
  .meta({ id: 'guard' })

/** As the kind takes them. */
export const options = z.record(z.string(), z.unknown()).describe('As the kind takes them: `gonogo kinds`')

const checkPolicy = z
  .strictObject({
    retries: z.number(),
    retryAfterMs: z.number(),
    soak: z.strictObject({ forMs: z.number(), everyMs: z.number() }).nullable().describe('How long it must hold'),
    cacheMs: z.number().describe('How old a pass may be; 0: it always looks'),
    when: z
      .strictObject({
        environment: z.array(z.string()).nullable(),
        variable: z.strictObject({ name: z.string(), is: z.array(z.string()).nullable() }).nullable(),
        file: z.string().nullable(),
        not: z.boolean(),
      })
      .nullable()
      .describe('Skipped unless this holds'),
    waiver: z.strictObject({ by: z.string(), reason: z.string(), untilMs: z.number() }).nullable(),
  })
  .describe('null: one look, now')

/** A binding as the plan holds it. */
export const bindingSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('check'),
      check: z.string(),
      options,
      timeoutMs: z.number().describe('Of one look'),
      policy: checkPolicy.nullable(),
    }),
    z.strictObject({
      type: z.literal('action'),
      action: z.string(),
      options,
      timeoutMs: z.number(),
      oneWay: z.string().nullable(),
    }),
    z.strictObject({ type: z.literal('backup'), backup: z.string() }),
    z.strictObject({ type: z.literal('rollout'), stage: z.string().nullable().describe('null: the whole delivery') }),
    z.strictObject({
      type: z.literal('poll'),
      role: z.string(),
      quorum: z.number(),
      question: z.string().nullable(),
      why: z.string().nullable().describe('Why no machine can tell'),
    }),
    z.strictObject({ type: z.literal('watch'), watches: z.array(watch) }),
    z.strictObject({ type: z.literal('guard'), rules: z.array(guard) }),
    z.strictObject({ type: z.literal('children') }).describe('True when the items nested in it are'),
    z.strictObject({ type: z.literal('skip'), reason: z.string() }),
    z.strictObject({ type: z.literal('record') }).describe('To be filled in; gates nothing'),
    z.strictObject({ type: z.literal('unbound') }).describe('Nobody said how: unverified, never green'),
  ])
  .meta({ id: 'binding' })

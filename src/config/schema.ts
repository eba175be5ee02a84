// Shape of gonogo.yaml. Options of kinds are left open here; the kind's own schema judges them in load.ts.
import { z } from 'zod'
import { explainAll } from '../catalog/issues.ts'
import { limitOptions, operatorOption, refuseHalfRanges, seriesOptions } from '../guards/bound-options.ts'
import { durationOption as duration } from '../lib/duration-option.ts'
import { calendarOptions } from './calendar-options.ts'
import { checkPolicyOptions } from './check-policy.ts'
import { STATE_DIRECTORY } from './locate.ts'
import { nearest } from '../lib/nearest.ts'

const kindEntry = z.looseObject({ kind: z.string().describe('Which kind; `gonogo kinds` lists them') })
const named = <T extends z.ZodType>(entry: T) =>
  z.record(z.string().regex(/^[\w.-]+$/, 'a name is letters, digits, ".", "_", "-"'), entry)

const databaseEntry = kindEntry.extend({
  expectedSchema: z
    .string()
    .min(1)
    .optional()
    .describe('JSON file of the schema as it should be, kept in git: `gonogo data init` writes it'),
  performance: z
    .strictObject({
      lookupP95MsMax: z.number().positive().optional().describe('Longest look-up of a row by its key, 95th percentile'),
      validationMsMax: z.number().positive().optional().describe('Longest the rules may take'),
      rowsPerSecondMin: z.number().positive().optional().describe('Rows judged a second, at least'),
      commitsPerSecondMin: z.number().positive().optional().describe('Single rows committed a second, at least'),
    })
    .default({})
    .describe('What `gonogo data validate --performance-test` insists on'),
})

const ruleEntry = kindEntry.extend({
  database: z.string().min(1).optional().describe('Name under `databases`; may be left out where there is only one'),
  max: z.int().min(0).default(0).describe('So many violations are still accepted'),
  severity: z.enum(['error', 'warning']).default('error').describe('A warning is reported and fails nothing'),
  fix: z
    .union([
      z
        .string()
        .min(1)
        .transform((kind) => ({ kind })),
      kindEntry,
    ])
    .optional()
    .describe(
      'What repairs it: the kind of a fix, or a map with its `kind` and options; `gonogo kinds fix` lists them',
    ),
})

const aggregate = z
  .string()
  .regex(
    /^(?:avg|max|min|last|p\d{1,2}(?:\.\d+)?)$/,
    'is no aggregate: expected avg, max, min, last or a percentile like p95',
  )

const watch = z
  .strictObject({
    ...seriesOptions,
    aggregate: aggregate.default('avg').describe('avg, max, min, last or a percentile like p95, over the stretch'),
    is: operatorOption.describe('The good state, as in `is: "<"`'),
    ...limitOptions,
    for: duration.default(0).describe('Watch this long from here; 0 judges what the run recorded so far'),
  })
  .superRefine(refuseHalfRanges)

const guard = kindEntry.extend({
  kind: z.string().default('bound').describe('Which kind of rule; `gonogo kinds guard` lists them'),
  title: z.string().optional().describe('What it is called in the report'),
  severity: z
    .enum(['notify', 'pause', 'rollback'])
    .default('rollback')
    .describe('What a trip does: tells, stops the run for a person, or goes back'),
  restoreData: z
    .boolean()
    .default(false)
    .describe('The data itself is bad: the rollback also restores `delivery.restore`'),
  unknownMax: z.int().min(0).default(0).describe('So many unknown looks in a row pause the run; 0 only notes them'),
})

const oneOrMore = <T extends z.ZodType>(entry: T) =>
  z.union([entry.transform((value) => [value]), z.array(entry).min(1)])
const options = z.record(z.string(), z.unknown()).default({})
const timeout = duration.optional().describe('Longest it may take')

/** What one binding can be: exactly one of these forms. */
export const bindingForms = {
  check: z
    .strictObject({
      check: z.string(),
      with: options,
      timeout: timeout.describe('Longest one look may take'),
      ...checkPolicyOptions,
    })
    .refine(
      ({ for: heldMs, cache }) => heldMs === 0 || cache === 0,
      'what must hold (`for`) is looked at, not remembered (`cache`)',
    )
    .refine(
      ({ for: heldMs, every }) => heldMs > 0 || every === undefined,
      '`every` wants `for`: how long it must hold',
    ),
  action: z.strictObject({
    action: z.string(),
    with: options,
    timeout,
    oneWay: z.string().optional().describe('Why there is no way back'),
  }),
  backup: z.strictObject({ backup: z.string().describe('Name under `backups`') }),
  rollout: z.strictObject({
    rollout: z.union([z.literal(true), z.string()]).describe('true: the whole delivery; or the name of one stage'),
  }),
  poll: z.strictObject({
    poll: z.string().describe('Role under `people`'),
    quorum: z.int().min(1).default(1).describe('So many people must say yes'),
    question: z.string().optional(),
    why: z.string().min(1).optional().describe('Why no machine can tell: `gonogo plan` lists it'),
  }),
  watch: z.strictObject({ watch: oneOrMore(watch) }),
  guard: z.strictObject({ guard: oneOrMore(guard) }),
  children: z.strictObject({ children: z.literal(true) }),
  skip: z.strictObject({ skip: z.string().min(1).describe('Why it does not apply here') }),
}

export type BindingForm = keyof typeof bindingForms

const FORMS = Object.keys(bindingForms) as BindingForm[]

/** One binding: exactly one of the forms, told apart by its first word. */
const binding = z.record(z.string(), z.unknown()).transform((value, context) => {
  const forms = FORMS.filter((form) => form in value)
  const [form] = forms
  if (!form || forms.length > 1) {
    const message = form ? `is ${forms.join(' and ')} at once` : 'does not say what it is'
    const suggestion = Object.keys(value)
      .map((key) => nearest(key, FORMS))
      .find(Boolean)
    const hint = !form && suggestion ? `did you mean "${suggestion}"?` : undefined
    context.addIssue({ code: 'custom', message, params: { expected: `exactly one of ${FORMS.join(', ')}`, hint } })
    return z.NEVER
  }
  const parsed = bindingForms[form].safeParse(value)
  if (parsed.success) return { form, value: parsed.data } as BindingEntry
  for (const { path, message, expected, hint } of explainAll(parsed.error, bindingForms[form], value))
    context.addIssue({ code: 'custom', message, path, params: { expected, hint } })
  return z.NEVER
})

export type BindingEntry = {
  [F in BindingForm]: { form: F; value: z.output<(typeof bindingForms)[F]> }
}[BindingForm]

/** gonogo.yaml. */
export const configSchema = z.strictObject({
  service: z.string().min(1).describe('What is released'),
  environment: z.string().default('production').describe('Where; `--environment` chooses another'),
  checklist: z.string().default('DEPLOYMENT_CHECKLIST.md').describe('The Markdown document, relative to this file'),
  stateDirectory: z.string().default(STATE_DIRECTORY).describe('Database, evidence, capsules, backups, reports'),
  variables: z.record(z.string(), z.string()).default({}).describe('Environment of every command and check'),
  secrets: z
    .record(z.string(), z.string())
    .default({})
    .describe('The same, but never shown: values are references like ${env:NAME} or ${file:PATH}'),
  environments: named(z.strictObject({ variables: z.record(z.string(), z.string()).default({}) })).default({}),
  people: named(z.array(z.string()).min(1)).default({}).describe('Role → who may answer for it'),
  defaults: z
    .strictObject({
      ask: z
        .string()
        .optional()
        .describe('Role that is asked about items which only a person can answer and nobody bound'),
      timeout: duration.default(300_000).describe('Longest a check or action may take'),
      checksAtOnce: z.int().min(1).max(256).default(8).describe('So many checks look at the same time'),
    })
    .prefault({}),
  targets: named(kindEntry).default({}),
  routers: named(kindEntry).default({}),
  backups: named(kindEntry).default({}),
  databases: named(databaseEntry).default({}).describe('Name → database whose rows have rules'),
  graphs: named(kindEntry).default({}).describe('Name → graph database that rules compare with others'),
  rules: named(ruleEntry).default({}).describe('Name → what must hold for the rows of a database'),
  rulesFrom: z
    .string()
    .min(1)
    .optional()
    .describe('A TypeScript or JavaScript module whose default export is made by `defineChecks()`: more rules'),
  signals: named(
    kindEntry.extend({
      prefix: z
        .string()
        .regex(/^[\w.-]+$/, 'a prefix is letters, digits, ".", "_", "-"')
        .optional()
        .describe('Put before the names of its signals: two sources may not give the same one'),
    }),
  )
    .default({})
    .describe('Name → source of measurements'),
  delivery: z
    .strictObject({
      target: z.string().optional().describe('Name under `targets`: what is deployed'),
      router: z
        .string()
        .optional()
        .describe(
          "Name under `routers`: what splits its traffic. Left out where the target's versions take each other's place",
        ),
      services: named(
        z.strictObject({
          target: z.string().describe('Name under `targets`'),
          router: z.string().optional().describe('Name under `routers`'),
          after: z
            .array(z.string())
            .default([])
            .describe('Services that must have all their traffic on the new version before'),
          candidate: z
            .string()
            .optional()
            .describe('Its version, where it is called otherwise than `candidate` of the delivery'),
          stable: z.string().optional().describe('The same for the version before the first release'),
        }),
      )
        .default({})
        .describe(
          'Instead of `target` and `router`: several services, released one after the other, with one way back',
        ),
      candidate: z.string().describe('The version to release; `--candidate` chooses another'),
      stable: z.string().describe('The version that runs before the first release'),
      strategy: kindEntry,
      autoPromote: z.boolean().default(false).describe('false: every stage ends with a question to the approver'),
      approver: z.string().default('release-manager').describe('Role'),
      traffic: z
        .strictObject({
          requestsPerSecond: z.number().positive().describe('Of all versions together'),
          errors: z.number().gt(0).lt(100).describe('Percent of them that fail as it is'),
        })
        .nullable()
        .default(null)
        .describe('What to expect: `gonogo plan` then says how long a fault takes to be seen at each stage'),
      verdict: z
        .strictObject({
          early: z
            .boolean()
            .default(false)
            .describe('A stage ends as soon as every metric is shown not to be worse; the approver is asked as ever'),
          undecided: z
            .enum(['promote', 'ask', 'extend'])
            .default('ask')
            .describe(
              'At the end of a stage when nothing is shown: go on, ask the approver, or hold it longer, then ask',
            ),
          extendMax: duration.nullable().default(null).describe('How much longer; null: as long as the stage itself'),
        })
        .nullable()
        .default(null)
        .describe('What stages make of a guard of kind `verdict`; null: they last as long as they say'),
      restore: z.string().nullable().default(null).describe('Backup that a rollback puts back; null: data is kept'),
      ...calendarOptions,
      sampling: duration.default(1000).describe('How often signals are read'),
      watchdog: z
        .strictObject({
          after: duration
            .default(10_000)
            .describe('Conductor silent this long while a canary is live: traffic goes back'),
          policy: z.enum(['rollback', 'hold']).default('rollback'),
        })
        .prefault({}),
    })
    .superRefine(({ target, router, services }, context) => {
      const refuse = (path: string, message: string): void =>
        context.addIssue({ code: 'custom', message, path: [path] })
      const isOfSeveral = Object.keys(services).length > 0
      if (!isOfSeveral && target === undefined) refuse('target', 'says what is deployed, and is missing')
      if (isOfSeveral && target !== undefined) refuse('target', 'stands in each of the services already')
      if (isOfSeveral && router !== undefined) refuse('router', 'stands in each of the services already')
    })
    .nullable()
    .default(null),
  guards: named(guard).default({}),
  bindings: z.record(z.string(), binding).default({}).describe('Item id → what makes it executable'),
})

export type Config = z.output<typeof configSchema>
export type RuleEntry = z.output<typeof ruleEntry>
export type GuardEntry = z.output<typeof guard>
export type WatchEntry = z.output<typeof watch>

// What `gonogo plan --format json` prints, defined once: the published JSON Schema and the tests are made from it.
import { z } from 'zod'
import { PHASE_KINDS } from '../../plan/plan.ts'
import { bindingSchema, operator, options } from './binding-schema.ts'

const range = z
  .strictObject({ start: z.int().min(0), end: z.int().min(0) })
  .describe('Half-open range of bytes in the original document')

const threshold = z
  .strictObject({
    subject: z.string().describe('What is bounded, in the words of the document'),
    aggregate: z.string().nullable().describe('`avg`, `max`, `p95`, ...; null where none is named'),
    operator,
    value: z
      .number()
      .nullable()
      .describe('In base units; null for a bound without a number ("within SLA"): a question, never a pass'),
    valueMax: z.number().nullable().describe('Upper end of `between`'),
    unit: z
      .string()
      .nullable()
      .describe('`ms`, `bytes`, `percent` (0 to 100), `count`, `per-second`, `bytes-per-second`, `version`'),
    windowMs: z.number().nullable().describe('"for 5 minutes"'),
    consecutive: z.number().nullable().describe('"5 consecutive"'),
    relativeTo: z.enum(['baseline', 'previous']).nullable(),
    text: z.string().describe('The words it was read from'),
  })
  .meta({ id: 'threshold' })

const blank = z
  .strictObject({
    name: z.string().describe('Unique inside its item'),
    label: z.string().describe('Words in front of it'),
    unit: z.string().nullable(),
    target: threshold.nullable(),
    range,
  })
  .meta({ id: 'blank', description: 'A place to be filled in' })

const choice = z
  .strictObject({
    name: z.string(),
    label: z.string(),
    options: z.array(z.string()),
    range,
    style: z.enum(['text', 'boxes']),
    marks: z.array(range).describe('For `boxes`: the mark inside the box of each option'),
  })
  .meta({ id: 'choice', description: '`Yes / No`, `GO / NO-GO`: one is chosen' })

const command = z
  .strictObject({
    script: z.string().describe('Text as written, comments left out'),
    title: z.string().nullable().describe('The comment that names it'),
    line: z.int().min(1),
    language: z.enum(['shell', 'sql']).describe('SQL is never given to a shell'),
    background: z.boolean(),
    endless: z.boolean().describe('Never ends by itself: `tail -f`'),
    interactive: z.boolean(),
    destructive: z.boolean(),
    looksOnly: z.boolean().describe('Known to change nothing'),
    placeholders: z.array(z.string()).describe('To be asked for before it can run'),
    variables: z.array(z.string()).describe('Environment variables it reads that the document does not set before'),
    alternative: z
      .strictObject({ group: z.string(), name: z.string() })
      .nullable()
      .describe('One of several ways of doing the same: of a group only one is run'),
    expects: z
      .strictObject({
        kind: z.enum(['empty', 'equals', 'contains', 'count', 'compare', 'status', 'exit', 'described']),
        value: z.string().nullable(),
        text: z.string().describe('Words of the document'),
        exitCodes: z.array(z.int()).describe('Exit codes that are right with it'),
      })
      .nullable()
      .describe('What the document says it prints or answers'),
    setup: z.array(z.string()).describe('`cd` and `export` of earlier blocks that it goes on from'),
    problem: z.string().nullable().describe('Why it is never run; null where it could be'),
  })
  .meta({ id: 'command' })

const confidence = z.number().min(0).max(1)
const why = z.string().describe('The reason and the words it rests on')

const item = z
  .strictObject({
    id: z.string().describe('Stays the same under edits elsewhere'),
    line: z.int().min(1),
    phase: z.string().describe('Id of its phase'),
    text: z.string(),
    label: z.string().nullable().describe('`**Disk Space**: ...` has the label `Disk Space`'),
    kind: z.enum(['check', 'action', 'poll', 'record', 'watch', 'trigger', 'reference']),
    state: z.enum(['open', 'ticked', 'partial']).describe('What the document claims; a claim is no evidence'),
    polarity: z.enum(['good', 'bad-state']).describe('`bad-state`: ticking it means trouble'),
    condition: z.string().nullable().describe('"if applicable"'),
    thresholds: z.array(threshold),
    blanks: z.array(blank),
    choices: z.array(choice),
    commands: z.array(command),
    table: z.record(z.string(), z.string()).nullable().describe('Header to cell, for a row of a table'),
    proposal: z
      .strictObject({ check: z.string(), options, confidence, why })
      .nullable()
      .describe('The check that is proposed; null where something is bound, something else is proposed, or nothing is'),
    binding: bindingSchema.nullable().describe('null without a gonogo.yaml, and for reference items'),
    verifiable: z.enum(['machine', 'person', 'action', 'unknown']),
    code: z.array(z.string()).describe('What its text shows as code: `npm test`, `/health`'),
    parent: z.string().nullable().describe('Id of the item it is nested in'),
    box: range.nullable().describe('The character between the brackets of its box'),
    will: z.string().nullable().describe('What would happen, in words'),
    proposedBinding: z
      .strictObject({ entry: z.record(z.string(), z.unknown()), confidence, why })
      .nullable()
      .describe('The entry that `gonogo bind --accept` would write: a check, an action, a guard, a watch, a poll, ...'),
  })
  .meta({ id: 'item' })

const phase = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    line: z.int().min(1),
    kind: z.enum(PHASE_KINDS),
    anchor: z
      .strictObject({ fromMs: z.number(), toMs: z.number().nullable(), text: z.string() })
      .nullable()
      .describe('When it is, relative to the start of the release: `T-24 h` is -86400000; `toMs` null: a moment'),
    budgetMs: z.number().nullable().describe('How long it may take'),
    every: z
      .strictObject({
        everyMs: z.number(),
        forMs: z.number().nullable(),
        thenEveryMs: z.number().nullable(),
      })
      .nullable()
      .describe('"Every 5 minutes for the first 30 minutes, then every 15"'),
    path: z.array(z.string()).describe('Titles from the top of the document to this one'),
    level: z.int().min(0),
  })
  .meta({ id: 'phase' })

const counts = {
  total: z.int().min(0).describe('Items that are executed, asked or judged; those for reference do not count'),
  bound: z.int().min(0).describe('Bound in gonogo.yaml'),
  asWritten: z.int().min(0).describe('Not bound; the commands can be run as they are written'),
  proposed: z.int().min(0).describe('Not bound; a binding wants confirming'),
  person: z.int().min(0).describe('For a person to answer or fill in'),
  unverifiable: z.int().min(0).describe('Nobody said how: unverified, never green'),
}

const nextStep = z
  .strictObject({
    what: z.string(),
    why: z.string(),
    covers: z.int().min(1).describe('So many items that nothing covers now'),
    items: z.array(z.string()).describe('Their ids'),
    command: z.string().nullable().describe('What to type; null where something has to be written first'),
    write: z.record(z.string(), z.unknown()).nullable().describe('What to write into gonogo.yaml, as an example'),
    item: z.string().describe('The one to begin with'),
    line: z.int().min(1),
    text: z.string(),
    proposed: z.boolean().describe('Whether a proposal for it can be confirmed as it is'),
  })
  .meta({ id: 'nextStep' })

/** The whole answer. Every key is always there; what is not known is null. */
export const planSchema = z
  .strictObject({
    document: z.strictObject({
      path: z.string(),
      title: z.string(),
      bytes: z.int().min(0),
      encoding: z
        .strictObject({ repaired: z.int().min(0), lost: z.int().min(0) })
        .describe('Garbled characters that were repaired for reading, and those that could not be'),
      sha256: z.string(),
    }),
    phases: z.array(phase),
    items: z.array(item),
    triggers: z.array(
      z.strictObject({
        item: z.string(),
        severity: z.enum(['immediate', 'conditional']),
        thresholds: z.array(threshold),
      }),
    ),
    coverage: z.strictObject({
      ...counts,
      next: nextStep.nullable().describe('What would add most; null when nothing is left'),
      others: z.array(nextStep).describe('What would add something too'),
      phases: z.array(z.strictObject({ phase: z.string(), ...counts })),
    }),
    verification: z
      .strictObject({
        total: z.int().min(0),
        machine: z.int().min(0).describe('The next three together'),
        check: z.int().min(0).describe('Looked at by a check'),
        measured: z.int().min(0).describe('Measured by a watch or a guard'),
        deed: z.int().min(0).describe('Done and proved by the run: actions, backups, the delivery'),
        person: z.int().min(0),
        skipped: z.int().min(0).describe('Does not apply here'),
        nobody: z.int().min(0).describe('Nobody said how'),
        people: z
          .array(z.strictObject({ item: z.string(), reason: z.string().nullable() }))
          .describe('What people answer and why; reason null: a machine might tell'),
      })
      .nullable()
      .describe('How much of the plan a machine verifies; null without a gonogo.yaml'),
    plan: z.string().nullable().describe('Hash of the plan that a lock would record; null without a gonogo.yaml'),
    sampleSize: z
      .strictObject({
        stages: z.array(
          z.strictObject({
            stage: z.string(),
            weight: z.number().describe('Percent of the traffic'),
            durationMs: z.number(),
            doublingMs: z
              .number()
              .nullable()
              .describe('Until a doubling of the errors is shown, half of the time; null: never'),
          }),
        ),
        advice: z.string().nullable().describe('What to change where the first stage is too short; null: nothing'),
      })
      .nullable()
      .describe('How long a fault takes to be seen at each stage; null without a gonogo.yaml'),
    guards: z
      .array(
        z.strictObject({
          id: z.string(),
          title: z.string(),
          item: z.string().nullable().describe('Id of the item it stands at; null for one under `guards`'),
          severity: z.enum(['notify', 'pause', 'rollback']),
          kind: z.string(),
          condition: z.string().describe('When it trips, in words'),
          canTurnRed: z.boolean().describe('Negative control: a planted fault made it trip, and nothing else did'),
          worstMs: z
            .number()
            .nullable()
            .describe('Longest from the begin of a plain fault to the trip; null: cannot turn red, or not bounded'),
          sentence: z.string().describe('The same in words: "yes, within 3 s of the fault, given 5 requests"'),
        }),
      )
      .describe('Every guard in force during the run; empty without a gonogo.yaml'),
  })
  .describe('What "gonogo plan --format json" prints')

export type PlanDocument = z.output<typeof planSchema>
export type PlanItem = PlanDocument['items'][number]

/** JSON Schema of what is printed, draft 2020-12. */
export function planJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(planSchema, { target: 'draft-2020-12', io: 'output' })
  return { $schema, title: 'gonogo plan', ...rest }
}

// Whether the rows of a database keep the rules that gonogo.yaml declares for them.
import { z } from 'zod'
import { defineCheck } from '../check.ts'
import { look } from '../look.ts'

const schema = z.strictObject({
  database: z.string().min(1).optional().describe('name under `databases`; may be left out where there is only one'),
  rules: z.array(z.string().min(1)).min(1).optional().describe('names under `rules`; default: all of the database'),
  mode: z
    .enum(['full', 'full-check', 'sampled'])
    .default('full')
    .describe(
      'full: every row; full-check: also integrity, foreign keys and the expected schema; sampled: some rows, which can fail it and never pass it',
    ),
  successPercentMin: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe('least validation success: of all judgements (one rule, one row), the share that found nothing wrong'),
})

export const consistency = defineCheck({
  id: 'consistency',
  summary: 'judges the rules that are declared for the rows of a database',
  options: schema,
  example: { database: 'main', rules: ['orphans'], successPercentMin: 95 },
  failingExample: { database: 'main', successPercentMin: 100 },
  secretFields: [],
  remedy: 'see which rows: "gonogo data validate"; repair them: "gonogo data fix --dry-run"',
  refersTo: ['database', 'rules'],

  describe({ database, rules, mode, successPercentMin }) {
    const which = rules ? rules.join(', ') : 'every rule'
    const least = successPercentMin === undefined ? '' : `, validation success at least ${successPercentMin} %`
    const how = { full: '', 'full-check': ', integrity, foreign keys and schema', sampled: ' on a sample of rows' }
    return `${which} of ${database ?? 'the database'}${how[mode]}${least}`
  },

  run: ({ database, rules, mode, successPercentMin }, context) =>
    look(context, () =>
      context.data.validate(
        {
          database: database ?? null,
          rules: rules ?? null,
          mode,
          successPercentMin: successPercentMin ?? null,
        },
        context.signal,
      ),
    ),
})

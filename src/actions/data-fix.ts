// Repairs what breaks the rules of a database, so that it can be taken back.
import { z } from 'zod'
import type { FixAsk } from '../plan/data-port.ts'
import { defineAction, type ActionContext } from './action.ts'

const schema = z.strictObject({
  database: z.string().min(1).optional().describe('name under `databases`; may be left out where there is only one'),
  rules: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('names under `rules`; default: all of the database that have a fix'),
  chunked: z
    .boolean()
    .default(false)
    .describe('whether it is done in transactions of about a tenth of a second, so that others can write between them'),
})
type Options = z.output<typeof schema>

export const dataFix = defineAction({
  id: 'data-fix',
  summary: 'repairs the rows that break rules by the fixes declared for them, and can take it back',
  options: schema,
  example: { database: 'main', rules: ['orphans'] },
  failingExample: { database: 'main', rules: ['no-such-rule'] },
  secretFields: [],
  refersTo: ['database', 'rules'],
  reversibility: () => 'compensable',

  describe({ database, rules, chunked }) {
    const which = rules ? `what breaks ${rules.join(', ')}` : 'whatever breaks a rule that has a fix'
    const how = chunked ? 'in short transactions' : 'in one transaction'
    return `repair ${which} in ${database ?? 'the database'}, ${how}; undo: rows that nobody edited since are put back`
  },

  run: (options, context) => context.data.fix(askOf(options, context), context.signal, context.progress),
  verify: (options, context) => context.data.fixState(askOf(options, context), context.signal),
  undo: (options, context) => context.data.undoFix(askOf(options, context), context.signal),
})

function askOf({ database, rules, chunked }: Options, { deed }: ActionContext): FixAsk {
  return { database: database ?? null, rules: rules ?? null, chunked, name: deed }
}

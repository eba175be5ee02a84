// Which environment variables are set. Their values are never shown.
import { z } from 'zod'
import { failed, passed } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { pattern } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf } from '../words.ts'

const name = z.string().min(1)

const schema = z
  .strictObject({
    present: z.array(name).default([]).describe('variables that must be set to something'),
    absent: z.array(name).default([]).describe('variables that must not be set'),
    matching: z.record(name, pattern).default({}).describe('variable to the regular expression its value must match'),
  })
  .refine((o) => o.present.length + o.absent.length + Object.keys(o.matching).length > 0, 'name at least one variable')

const NAME = '[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+'
/** `NODE_ENV=production`, `LOG_LEVEL: set to "info"`, `POOL_MAX set to 100`; not one of several values. */
const ASSIGNMENT = new RegExp(
  `\\b(${NAME})\\b(?:\\s*=\\s*([\\w.-]+)|[^.\\w]{0,5}[Ss]et to (?:["\`]([\\w.-]+)["\`]|(\\d+)\\b)(?!\\s+or\\b))`,
)

export const env = defineCheck({
  id: 'env',
  summary: 'looks which environment variables are set, without showing their values',
  options: schema,
  example: { present: ['DATABASE_URL'], absent: ['DEBUG'], matching: { NODE_ENV: '^production$' } },
  failingExample: { present: ['GONOGO_EXAMPLE_THAT_NOBODY_SETS'] },
  secretFields: [],

  recognise(item) {
    const sentence = sentenceOf(item)
    if (/\b(if|when|with|unless)\s+`?[A-Z][A-Z0-9_]+=/.test(sentence)) return null
    const assignment = ASSIGNMENT.exec(sentence)
    const [words, assigned] = assignment ?? []
    const value = assignment
      ?.slice(2)
      .find((group) => group !== undefined)
      ?.replace(/\.+$/, '')
    if (words && assigned && value && !/^(your|xxx)/i.test(value))
      return propose(0.8, { matching: { [assigned]: `^${value.replaceAll('.', String.raw`\.`)}$` } }, [words])
    const claim = find(sentence, /\b(set|configured|defined|present|exported)\b/i)
    const negation = find(sentence, /\b(if|not|unset|never|no longer|removed)\b/i)
    const names = [...new Set(sentence.match(new RegExp(`\\b${NAME}\\b`, 'g')))]
    if (!claim || negation || names.length === 0) return null
    return propose(0.8, { present: names }, [...names, claim])
  },

  describe({ present, absent, matching }) {
    const parts = [
      present.length > 0 ? `set: ${present.join(', ')}` : '',
      absent.length > 0 ? `not set: ${absent.join(', ')}` : '',
      ...Object.entries(matching).map(([variable, text]) => `${variable} matches /${text}/`),
    ]
    return `environment variables ${parts.filter(Boolean).join('; ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const { present, absent, matching } = options
      const wrong = [
        ...present.filter((variable) => !context.env[variable]).map((variable) => `${variable} is not set`),
        ...absent.filter((variable) => context.env[variable]).map((variable) => `${variable} is set and should not be`),
        ...Object.entries(matching)
          .filter(([variable, text]) => !new RegExp(text).test(context.env[variable] ?? ''))
          .map(([variable, text]) => `${variable} does not match /${text}/`),
      ]
      if (wrong.length > 0)
        return failed(wrong.join('; '), { remedy: 'set the environment this release runs in, then check again' })
      const looked = present.length + absent.length + Object.keys(matching).length
      return passed(`${looked} environment ${looked === 1 ? 'variable is' : 'variables are'} as wanted`)
    }),
})

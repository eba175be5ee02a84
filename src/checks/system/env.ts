// Which environment variables are set. Their values are never shown.
import { z } from 'zod'
import { failed, passed } from '../../plan/outcome.ts'
import { defineCheck, type Recognise } from '../check.ts'
import { pattern } from '../fields.ts'
import { look } from '../look.ts'
import { find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'

const nameSchema = z.string().min(1)

const schema = z
  .strictObject({
    present: z.array(nameSchema).default([]).describe('variables that must be set to something'),
    absent: z.array(nameSchema).default([]).describe('variables that must not be set'),
    matching: z
      .record(nameSchema, pattern)
      .default({})
      .describe('variable to the regular expression its value must match'),
  })
  .refine((o) => o.present.length + o.absent.length + Object.keys(o.matching).length > 0, 'name at least one variable')

type Words = Parameters<Recognise>[0]

const NAME = '[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+'
const NAMED = new RegExp(`^${NAME}$`)
/** `NODE_ENV=production` as a whole span of code; a name of one word is one there too: `DEBUG=false`. */
const ASSIGNED = /^([A-Z][A-Z0-9_]{2,})=["']?([\w./:@,-]+)["']?$/
/** `NODE_ENV=production`, `LOG_LEVEL: set to "info"`, `POOL_MAX set to 100`; not one of several values. */
const ASSIGNMENT = new RegExp(
  `\\b(${NAME})\\b(?:\\s*=\\s*([\\w.-]+)|[^.\\w]{0,5}[Ss]et to (?:["\`]([\\w.-]+)["\`]|(\\d+|production|true|false)\\b)(?!\\s+or\\b))`,
)
/** Where a variable is kept that the release itself does not get from its environment. */
const ELSEWHERE =
  /\b(?:vault|secrets? manager|parameter store|github|gitlab|github actions|frontend bundle|build[- ]args?|settings(?:\.py)?)\b/i
const UNCERTAIN =
  /\b(?:if|not|unset|never|no longer|removed?|rotated?|when|with|unless|documented|obtain\w*|generate|hardcoded|expos\w+|instead of)\b/i

export const env = defineCheck({
  id: 'env',
  summary: 'looks which environment variables are set, without showing their values',
  options: schema,
  example: { present: ['DATABASE_URL'], absent: ['DEBUG'], matching: { NODE_ENV: '^production$' } },
  failingExample: { present: ['GONOGO_EXAMPLE_THAT_NOBODY_SETS'] },
  secretFields: [],
  remedy: 'set it where the release runs, or under "variables" or "secrets" in gonogo.yaml',

  recognise(item) {
    const sentence = sentenceOf(item)
    const said = sentence.replace(/\([^)]*\)/g, ' ')
    if (UNCERTAIN.test(said) || ELSEWHERE.test(said)) return null
    const values = valuesOf(item)
    const placeholder = Object.values(values).some(
      (value) => /^(?:your|xxx|changeme|example)/i.test(value) || isPlaceholder(value),
    )
    if (placeholder) return null
    if (Object.keys(values).length > 0) {
      const matching = Object.entries(values).map(([name, value]) => [
        name,
        `^${value.replace(/[.+?^$()|[\]{}\\]/g, String.raw`\$&`)}$`,
      ])
      return propose(SURE.said, { matching: Object.fromEntries(matching) }, Object.entries(values).flat())
    }
    const names = [...new Set(sentence.match(new RegExp(`\\b${NAME}\\b(?!\\s*=)`, 'g')))]
    if (names.length === 0) return null
    const claim = find(said, /\b(?:set|configured|defined|present|exported|provided|populated)\b/i)
    if (claim) return propose(SURE.named, { present: names }, [...names, claim])
    return isList(item, said) ? propose(SURE.named, { present: names }, names) : null
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
      // Only what was set: every object has a "constructor".
      const valueOf = (variable: string): string =>
        Object.hasOwn(context.env, variable) ? (context.env[variable] ?? '') : ''
      const wrong = [
        ...present.filter((variable) => valueOf(variable) === '').map((variable) => `${variable} is not set`),
        ...absent
          .filter((variable) => valueOf(variable) !== '')
          .map((variable) => `${variable} is set and should not be`),
        ...Object.entries(matching)
          .filter(([variable, text]) => !new RegExp(text).test(valueOf(variable)))
          .map(([variable, text]) => `${variable} does not match /${text}/`),
      ]
      if (wrong.length > 0)
        return failed(wrong.join('; '), { remedy: 'set the environment this release runs in, then check again' })
      const looked = present.length + absent.length + Object.keys(matching).length
      return passed(`${looked} environment ${looked === 1 ? 'variable is' : 'variables are'} as wanted`)
    }),
})

/** Variables with the one value each must have. */
function valuesOf(item: Words): Record<string, string> {
  const assigned = item.code.flatMap((span) => {
    const [, name, value] = ASSIGNED.exec(span.trim()) ?? []
    return name && value ? [[name, value] as const] : []
  })
  if (assigned.length > 0) return assigned.length === item.code.length ? Object.fromEntries(assigned) : {}
  const [name, value, ...others] = item.code
  // "`NODE_ENV` is set to `production`"
  if (name && value && others.length === 0 && NAMED.test(name) && /^[\w.-]+$/.test(value) && !NAMED.test(value))
    return sentenceOf(item).includes(`${name} set to ${value}`) ||
      sentenceOf(item).includes(`${name} is set to ${value}`)
      ? { [name]: value }
      : {}
  const match = ASSIGNMENT.exec(sentenceOf(item))
  const written = match?.slice(2).find((group) => group !== undefined)
  return match?.[1] && written ? { [match[1]]: written.replace(/\.+$/, '') } : {}
}

/** Nothing but names in code: they are to be set. */
function isList({ code }: Words, said: string): boolean {
  if (code.length === 0 || !code.every((span) => NAMED.test(span.trim()))) return false
  const rest = code.reduce((words, span) => words.replace(span, ' '), said)
  return /^(?:[\s,;:&/.–—-]|\b(?:and|variables?|env|environment|required|optional|are|is|valid)\b)*$/i.test(rest)
}

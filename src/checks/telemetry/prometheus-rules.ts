// Whether alert rules are loaded and healthy, and whether none that matters is firing.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { nearest } from '../../lib/nearest.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { lookThrough, objectOf, objectsOf, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { nameOf, PROMETHEUS, PROMETHEUS_SECRETS, prometheusAt, prometheusFields } from './prometheus-options.ts'

const RULES_SHOWN_MAX = 200

const schema = z.strictObject({
  ...prometheusFields,
  rules: z.array(z.string().min(1)).default([]).describe('names of alerts that must be loaded'),
  rulesMin: z.number().int().min(1).default(1).describe('how many alert rules there must be at least'),
  firing: z.enum(['none', 'any']).default('none').describe('`none`: no alert may fire; `any`: that is not judged'),
  severities: z
    .array(z.string().min(1))
    .default([])
    .describe('values of the label "severity" that may not fire; without it all may not'),
  allowed: z
    .array(z.string())
    .default(['Watchdog'])
    .describe('alerts that may fire: some always do, to prove that they can'),
})

type Options = z.infer<typeof schema>

interface Rule {
  name: string
  group: string
  health: string
  error: string
  /** Severity of each alert that fires now. */
  firing: string[]
}

export const prometheusRules = defineCheck({
  id: 'prometheus-rules',
  summary: 'asks Prometheus whether alert rules are loaded and healthy, and that none fires',
  options: schema,
  example: {
    url: 'http://prometheus.internal:9090',
    rules: ['HighErrorRate', 'InstanceDown'],
    severities: ['critical'],
  },
  failingExample: { rules: ['NoSuchAlert'] },
  secretFields: [...PROMETHEUS_SECRETS],
  remedy: 'load the rules ("promtool check rules FILE" says what is wrong with them), and settle what fires',

  recognise(item) {
    const words = sentenceOf(item)
    if (
      /\b(?:if|test alert|channels?|routing|routed|escalat\w+|on-call|notif\w+|cloudwatch|datadog|stripe|budget|billing|document\w*)\b/i.test(
        words,
      )
    )
      return null
    const quiet = find(
      words,
      /\bno\s+(?:\w+\s+){0,3}?alerts?\b(?!\s+rules?)[^\n.;]{0,30}\b(?:firing|fired|active|triggered|open)\b|\bno\s+(?:active|firing|open)\s+(?:\w+\s+)?alerts?\b/i,
    )
    const remark = `no address in the words: Prometheus at ${PROMETHEUS} is assumed`
    if (quiet) {
      const severity = /\b(critical|warning|page)\b/i.exec(quiet)?.[1]?.toLowerCase()
      return propose(SURE.likely, { url: PROMETHEUS, ...(severity ? { severities: [severity] } : {}) }, [quiet], remark)
    }
    const loaded = find(
      words,
      /\b(?:prometheus\b[^\n.;]{0,30}\b(?:alert(?:ing)?\s+)?rules?|alert(?:ing)?\s+rules?)\b[^\n.;]{0,40}\b(?:loaded|configured|deployed|in place|active|healthy|enabled)\b/i,
    )
    if (!loaded || /\brecording\b/i.test(words)) return null
    return propose(
      SURE.assumed,
      { url: PROMETHEUS, firing: 'any' },
      [loaded],
      `${remark}; name the rules that must be there`,
    )
  },

  describe(options) {
    const { rules, severities, allowed, firing, rulesMin } = options
    const loaded = rules.length > 0 ? `alert rules ${rules.join(', ')}` : `at least ${plural(rulesMin, 'alert rule')}`
    const quiet = `no ${severities.length > 0 ? `${severities.join(' or ')} ` : ''}alert fires${allowed.length > 0 ? ` but ${allowed.join(', ')}` : ''}`
    return `${nameOf(options)}: ${loaded} loaded and healthy${firing === 'none' ? `, ${quiet}` : ''}`
  },

  run: (options, context) =>
    lookThrough(context, async () => {
      const data = await prometheusAt(options, context).data('rules', { type: 'alert' }, context.signal)
      const groups = objectsOf(objectOf(data).groups)
      if (!groups) return unverified('Prometheus gave no list of rules', { remedy: 'correct `url`' })
      return judge(options, groups.flatMap(rulesOf))
    }),
})

function rulesOf(group: Readonly<Record<string, unknown>>): Rule[] {
  const rules = (objectsOf(group.rules) ?? []).filter(({ type }) => type === 'alerting')
  return rules.map((rule) => {
    const firing = (objectsOf(rule.alerts) ?? []).filter(({ state }) => state === 'firing')
    return {
      name: textOf(rule.name),
      group: textOf(group.name),
      health: textOf(rule.health),
      error: excerpt(textOf(rule.lastError), 300),
      firing: firing.map(({ labels }) => textOf(objectOf(labels).severity)),
    }
  })
}

function judge(options: Options, all: readonly Rule[]): Outcome {
  const { rules: wanted, rulesMin, severities, allowed } = options
  const firing = all.filter(
    (rule) =>
      !allowed.includes(rule.name) &&
      rule.firing.some((severity) => severities.length === 0 || severities.includes(severity)),
  )
  const lines = all
    .slice(0, RULES_SHOWN_MAX)
    .map(
      ({ group, name, health, error, firing: now }) =>
        `${group}/${name}: ${health}${error && `, ${error}`}, ${now.length} firing`,
    )
  const extra = {
    evidence: [{ name: 'rules', mediaType: 'text/plain' as const, content: excerpt(lines.join('\n')) }],
    measurements: [
      { name: 'alert rules', value: all.length, unit: 'count' },
      { name: 'alerts firing', value: firing.length, unit: 'count' },
    ],
  }
  const known = all.map(({ name }) => name)
  const missing = wanted.filter((name) => !known.includes(name))
  if (missing.length > 0) {
    const meant = nearest(missing[0] ?? '', known)
    const remedy = meant ? { remedy: `did you mean "${meant}"?` } : {}
    return failed(`not loaded: ${someOf(missing)}; alert rules that are: ${all.length}`, { ...extra, ...remedy })
  }
  const judged = wanted.length > 0 ? all.filter(({ name }) => wanted.includes(name)) : all
  const ill = judged.filter(({ health }) => health === 'err')
  if (ill.length > 0) return failed(`cannot be evaluated: ${someOf(ill.map(nameAndError))}`, extra)
  if (options.firing === 'none' && firing.length > 0)
    return failed(`firing: ${someOf(firing.map(({ name }) => name))}`, extra)
  if (all.length === 0) return unverified('Prometheus has no alert rules: nothing could fire', extra)
  if (all.length < rulesMin)
    return failed(`${plural(all.length, 'alert rule')} loaded, at least ${rulesMin} wanted`, extra)
  const unsure = judged.filter(({ health }) => health !== 'ok')
  if (unsure.length > 0) return unverified(`not evaluated yet: ${someOf(unsure.map(({ name }) => name))}`, extra)
  return passed(
    `${plural(all.length, 'alert rule')} loaded and healthy${options.firing === 'none' ? ', none firing that may not' : ''}`,
    extra,
  )
}

function nameAndError({ name, error }: Rule): string {
  return error ? `${name} (${error})` : name
}

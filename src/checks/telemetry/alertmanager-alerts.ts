// Whether Alertmanager holds no alert that matters, and no silence that would hide one.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { publicUrl } from '../fields.ts'
import { lookThrough, objectOf, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import {
  ALERTMANAGER,
  ALERTMANAGER_SECRETS,
  alertmanagerAt,
  alertmanagerFields,
  heldAlertOf,
  type HeldAlert,
} from './alertmanager-api.ts'

const ALERTS_SHOWN_MAX = 100

const schema = z.strictObject({
  ...alertmanagerFields,
  matchers: z.array(z.string().min(1)).default([]).describe('which alerts are judged, as severity="critical"'),
  allowed: z.array(z.string()).default(['Watchdog']).describe('names of alerts that may be active'),
  activeMax: z.number().int().min(0).default(0).describe('how many others may be active'),
  expected: z
    .array(z.string().min(1))
    .default([])
    .describe('names of alerts that are always active: without them nothing arrives here, and silence proves nothing'),
  silencesMax: z.number().int().min(0).optional().describe('how many silences may be in force'),
})

type Options = z.infer<typeof schema>

export const alertmanagerAlerts = defineCheck({
  id: 'alertmanager-alerts',
  summary: 'asks Alertmanager whether no alert is active, and no silence hides one',
  options: schema,
  example: {
    url: 'http://alertmanager.internal:9093',
    matchers: ['severity="critical"'],
    expected: ['Watchdog'],
    silencesMax: 0,
  },
  failingExample: { matchers: ['severity="critical"'], activeMax: 0, silencesMax: 0 },
  secretFields: [...ALERTMANAGER_SECRETS],
  remedy: 'settle what the alert is about; a silence ends by "amtool silence expire ID"',

  recognise(item) {
    const words = sentenceOf(item)
    if (/\bif\b|\bnot\b/i.test(words) || !/\balert ?manager\b/i.test(words)) return null
    const remark = `no address in the words: ${ALERTMANAGER} is assumed`
    const silences = find(
      words,
      /\b(?:no|zero)\s+(?:\w+\s+){0,2}silences\b|\bsilences\b[^\n.;]{0,20}\b(?:removed|expired|lifted)\b/i,
    )
    const alerts = find(words, /\b(?:no|zero)\s+(?:\w+\s+){0,2}alerts?\b/i)
    if (!silences && !alerts) return null
    const severity = /\bcritical\b/i.test(alerts ?? '') ? { matchers: ['severity="critical"'] } : {}
    // Where only silences are spoken of, alerts are not judged.
    const judged = alerts ? severity : { activeMax: 100_000 }
    const options = { url: ALERTMANAGER, ...judged, ...(silences ? { silencesMax: 0 } : {}) }
    return propose(
      SURE.said,
      options,
      [alerts, silences].flatMap((quote) => quote ?? []),
      remark,
    )
  },

  describe(options) {
    const { matchers, allowed, activeMax, silencesMax } = options
    const which = matchers.length > 0 ? ` with ${matchers.join(', ')}` : ''
    const but = allowed.length > 0 ? ` but ${allowed.join(', ')}` : ''
    const silences = silencesMax === undefined ? '' : `, at most ${plural(silencesMax, 'silence')} in force`
    return `Alertmanager at ${publicUrl(options.url)}: at most ${plural(activeMax, 'active alert')}${which}${but}${silences}`
  },

  run: (options, context) =>
    lookThrough(context, async () => {
      const api = alertmanagerAt(options, context)
      const filter = new URLSearchParams({ active: 'true', silenced: 'false', inhibited: 'false' })
      const judged = new URLSearchParams(filter)
      for (const matcher of options.matchers) judged.append('filter', matcher)
      const needed = options.expected.length > 0
      const [found, all, silences] = await Promise.all([
        api.get('alerts', judged, context.signal),
        needed ? api.get('alerts', new URLSearchParams(), context.signal) : [],
        options.silencesMax === undefined ? null : api.get('silences', new URLSearchParams(), context.signal),
      ])
      const inForce = silences?.filter(({ status }) => objectOf(status).state === 'active') ?? null
      const there = all.map((entry) => heldAlertOf(entry).name)
      return judge(options, found.map(heldAlertOf), there, inForce)
    }),
})

function judge(
  options: Options,
  found: readonly HeldAlert[],
  there: readonly string[],
  silences: readonly Readonly<Record<string, unknown>>[] | null,
): Outcome {
  const { allowed, activeMax, expected, silencesMax = 0 } = options
  const active = found.filter(({ name }) => !allowed.includes(name))
  const lines = [
    ...active.slice(0, ALERTS_SHOWN_MAX).map(({ labels }) => `active: ${JSON.stringify(labels)}`),
    ...(silences ?? [])
      .slice(0, ALERTS_SHOWN_MAX)
      .map(
        ({ id, comment, createdBy, endsAt }) =>
          `silence ${textOf(id)} of ${textOf(createdBy)} until ${textOf(endsAt)}: ${textOf(comment)}`,
      ),
  ]
  const extra = {
    evidence: [{ name: 'alerts', mediaType: 'text/plain' as const, content: excerpt(lines.join('\n')) }],
    measurements: [
      { name: 'active alerts', value: active.length, unit: 'count' },
      ...(silences ? [{ name: 'silences', value: silences.length, unit: 'count' }] : []),
    ],
  }
  const seen =
    plural(active.length, 'active alert') + (silences ? `, ${plural(silences.length, 'silence')} in force` : '')
  const names = active.length > 0 ? `: ${someOf([...new Set(active.map(({ name }) => name))])}` : ''
  if (active.length > activeMax) return failed(`${seen}${names}; at most ${plural(activeMax, 'alert')} wanted`, extra)
  if (silences && silences.length > silencesMax)
    return failed(`${seen}; at most ${plural(silencesMax, 'silence')} wanted`, extra)
  const missing = expected.filter((name) => !there.includes(name))
  if (missing.length > 0)
    return unverified(`${seen}, but ${someOf(missing)} is not there either: nothing seems to arrive`, {
      ...extra,
      remedy: 'see that Prometheus sends its alerts to this Alertmanager',
    })
  return passed(seen, extra)
}

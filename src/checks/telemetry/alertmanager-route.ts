// Sends a test alert and sees where it goes: to the receivers that Alertmanager names, or all the way to a webhook of our own.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { pause, poll } from '../../lib/deadline.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl } from '../fields.ts'
import { lookThrough, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import {
  ALERTMANAGER,
  ALERTMANAGER_SECRETS,
  alertmanagerAt,
  alertmanagerFields,
  heldAlertOf,
  type AlertmanagerApi,
  type HeldAlert,
} from './alertmanager-api.ts'
import { openWebhook, type Webhook } from './alertmanager-webhook.ts'

const ASK_EVERY_MS = 200
const END_TIMEOUT_MS = 5000
/** The label by which the test alert is known again. */
const MARK = 'gonogo_test'

const schema = z
  .strictObject({
    ...alertmanagerFields,
    labels: z
      .record(z.string().regex(/^[a-zA-Z_]\w*$/, 'not the name of a label'), z.string())
      .default({ severity: 'critical' })
      .describe('labels of the test alert: what routes it'),
    alertname: z.string().min(1).default('GonogoRouteTest').describe('its label "alertname"'),
    receivers: z.array(z.string().min(1)).default([]).describe('receivers it must be routed to, each of them'),
    webhook: z
      .strictObject({
        host: z.string().min(1).default('127.0.0.1').describe('address to listen at'),
        port: z.number().int().min(1).max(65_535).describe('port to listen at'),
      })
      .optional()
      .describe('where this check listens itself for the notification: a webhook receiver must send there'),
    arrivesWithinMs: durationOption.default(90_000).describe('how long its way may take, group_wait included'),
  })
  .refine((o) => o.receivers.length > 0 || o.webhook !== undefined, 'give receivers, webhook or both')

type Options = z.output<typeof schema>

export const alertmanagerRoute = defineCheck({
  id: 'alertmanager-route',
  summary: 'sends a test alert through Alertmanager, sees where it arrives, and ends it again',
  options: schema,
  example: { url: 'http://alertmanager.internal:9093', labels: { severity: 'critical' }, receivers: ['on-call'] },
  failingExample: { receivers: ['no-such-receiver'] },
  secretFields: [...ALERTMANAGER_SECRETS],
  remedy: 'correct the routes ("amtool config routes test LABELS" says where labels lead) and the receiver',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(
      words,
      /\balert ?manager\b[^\n.;]{0,40}\b(?:rout(?:es?|ing|ed)|deliver\w*|receivers?)\b[^\n.;]{0,30}|\btest alerts?\b[^\n.;]{0,40}\b(?:rout\w+|arriv\w+|reach\w*|received|delivered)\b[^\n.;]{0,30}/i,
    )
    if (!claim || !/\balert ?manager\b/i.test(words) || /\bif\b|\bdocument/i.test(words)) return null
    const receiver = /\b(?:receiver|to)\s+["']?([\w-]+)["']?/i.exec(claim)?.[1]
    const named = item.code.find((span) => span === receiver)
    if (!named) return null
    return propose(
      SURE.likely,
      { url: ALERTMANAGER, receivers: [named] },
      [claim],
      `no address in the words: ${ALERTMANAGER} is assumed`,
    )
  },

  describe(options) {
    const { url, labels, alertname, receivers, webhook, arrivesWithinMs } = options
    const pairs = Object.entries({ alertname, ...labels }).map(([label, value]) => `${label}="${value}"`)
    const to = [
      receivers.length > 0 ? `reaches ${receivers.join(' and ')}` : '',
      webhook ? `arrives at ${webhook.host}:${webhook.port}` : '',
    ].filter(Boolean)
    return `Alertmanager at ${publicUrl(url)}: sends a test alert {${pairs.join(', ')}}, which people may be told of; it ${to.join(' and ')} within ${formatDuration(arrivesWithinMs)}, then is ended`
  },

  run: (options, context) => lookThrough(context, () => sendAndSee(options, context)),
})

async function sendAndSee(options: Options, context: CheckContext): Promise<Outcome> {
  const { webhook: at, arrivesWithinMs } = options
  const api = alertmanagerAt(options, context)
  const id = randomUUID()
  let webhook: Webhook | null = null
  if (at) {
    try {
      webhook = await openWebhook(at, (labels) => labels[MARK] === id, context.signal)
    } catch (error) {
      return unverified(`could not listen at ${at.host}:${at.port}: ${messageOf(error)}`, {
        remedy: 'choose another port, or end what listens there',
      })
    }
  }
  const labels = { ...options.labels, alertname: options.alertname, [MARK]: id }
  const annotations = { summary: 'gonogo tests where alerts of this kind go; nothing is wrong' }
  const alert = (endsInMs: number) => [{ labels, annotations, endsAt: new Date(Date.now() + endsInMs).toISOString() }]
  try {
    // Should nobody be left to end it, it ends by itself.
    await api.post('alerts', alert(2 * arrivesWithinMs + 60_000), context.signal)
    const known = await receiversOf(api, context.signal)
    const missing = options.receivers.filter((name) => !known.includes(name))
    if (missing.length > 0)
      return failed(`there is no receiver ${someOf(missing)}`, { remedy: `receivers are: ${someOf(known)}` })
    return judge(options, await follow(options, { api, id, webhook, signal: context.signal }))
  } finally {
    await webhook?.close()
    // Also when it was cancelled: the test alert goes, and a failure of that changes nothing, because it ends by itself.
    await api.post('alerts', alert(-1), AbortSignal.timeout(END_TIMEOUT_MS)).catch(() => {})
  }
}

async function receiversOf(api: AlertmanagerApi, signal: AbortSignal): Promise<string[]> {
  return (await api.get('receivers', new URLSearchParams(), signal)).map(({ name }) => textOf(name))
}

interface Seen {
  /** What Alertmanager says of it; null where it never had it. */
  held: HeldAlert | null
  /** The receiver whose notification came to our webhook; null where none came. */
  arrivedAs: string | null
  tookMs: number
}

async function follow(
  { arrivesWithinMs }: Options,
  { api, id, webhook, signal }: { api: AlertmanagerApi; id: string; webhook: Webhook | null; signal: AbortSignal },
): Promise<Seen> {
  const startedAt = performance.now()
  const filter = new URLSearchParams({ filter: `${MARK}="${id}"` })
  const held = await poll(
    async () => {
      const [entry] = await api.get('alerts', filter, signal)
      const found = entry && heldAlertOf(entry)
      return found && found.state !== 'unprocessed' ? found : null
    },
    { everyMs: ASK_EVERY_MS, timeoutMs: arrivesWithinMs, signal },
  )
  // What is kept quiet does not arrive.
  const isQuiet = held?.state === 'suppressed'
  const leftMs = Math.max(0, arrivesWithinMs - (performance.now() - startedAt))
  const waiting = new AbortController()
  const arrivedAs =
    webhook && held && !isQuiet
      ? await Promise.race([webhook.arrived, pause(leftMs, AbortSignal.any([signal, waiting.signal])).then(() => null)])
      : null
  waiting.abort()
  return { held, arrivedAs, tookMs: performance.now() - startedAt }
}

function judge(options: Options, { held, arrivedAs, tookMs }: Seen): Outcome {
  const { receivers, webhook, arrivesWithinMs } = options
  const within = formatDuration(arrivesWithinMs)
  if (!held) throw new OutsideError('Alertmanager', `took the test alert and did not show it within ${within}`)
  const content = excerpt(
    JSON.stringify({ labels: held.labels, receivers: held.receivers, state: held.state, arrivedAs }),
  )
  const extra = {
    evidence: [{ name: 'alert', mediaType: 'application/json' as const, content }],
    measurements: [{ name: 'time to arrive', value: Math.round(tookMs), unit: 'ms' }],
  }
  const routed = `routed to ${someOf(held.receivers) || 'nobody'}`
  if (held.state === 'suppressed')
    return failed(`the test alert is kept quiet by ${someOf(held.quietedBy)}`, {
      ...extra,
      remedy: 'end the silence ("amtool silence expire ID"), or settle the alert that inhibits it',
    })
  const missing = receivers.filter((name) => !held.receivers.includes(name))
  if (missing.length > 0) return failed(`the test alert is ${routed}, not to ${someOf(missing)}`, extra)
  if (webhook && arrivedAs === null)
    return failed(`the test alert is ${routed}, and did not arrive at port ${webhook.port} within ${within}`, extra)
  const arrived = arrivedAs === null ? '' : `, and arrived from ${arrivedAs} in ${formatDuration(tookMs)}`
  return passed(`the test alert is ${routed}${arrived}`, extra)
}

// How far this machine's clock is off, by a time server, by the date a web server sends, or by the daemon that keeps it right.
import { z } from 'zod'
import { withDeadline } from '../../lib/deadline.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { messageOf } from '../../lib/errors.ts'
import { lastLine } from '../../lib/excerpt.ts'
import { httpRequest } from '../../lib/http-request.ts'
import { trustOptions } from '../../lib/trust.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { askNtp, type Offset } from './sntp.ts'

const SOURCES = ['ntp', 'url', 'daemon', 'notBefore'] as const

const schema = z
  .strictObject({
    ntp: z
      .string()
      .regex(/^(?:[\w.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/i, 'not a server; expected "host" or "host:port"')
      .optional()
      .describe('time server to ask, as "time.internal" or "time.internal:123"'),
    url: url('http', 'https')
      .optional()
      .describe('web server whose Date header is compared; it tells seconds and no less'),
    daemon: z
      .enum(['chrony', 'timesyncd'])
      .optional()
      .describe(
        'daemon of this machine to ask instead: chronyc tells an offset, timedatectl only whether it is synchronised',
      ),
    notBefore: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('moment the clock must be past, as the time of the build: what a machine without a battery gets wrong'),
    skewMax: durationOption.prefault('1 s').describe('how far the clock may be off, either way'),
    caFile: z
      .string()
      .optional()
      .describe('PEM file of a certificate authority to trust beside the usual ones, for url'),
    timeoutMs: timeoutMs(5000).describe('how long to wait for each answer'),
  })
  .refine(
    (o) => SOURCES.filter((source) => o[source] !== undefined).length === 1,
    'give one of ntp, url, daemon and notBefore',
  )

type Options = z.infer<typeof schema>

export const clockSkew = defineCheck({
  id: 'clock-skew',
  summary: 'compares the clock of this machine with a time server, a web server or its own time daemon',
  options: schema,
  example: { ntp: 'time.internal', skewMax: '500 ms' },
  failingExample: { notBefore: '9999-12-31T00:00:00Z' },
  secretFields: ['url'],
  remedy: 'start chronyd or systemd-timesyncd, and see that it may reach its servers',
  needs: 'chronyc or timedatectl, where the daemon is asked',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (/\b(?:if|alert\w*|monitor\w*|containers?|nodes?|cluster|firewall|install\b)\b/i.test(sentence)) return null
    const claim = find(
      sentence,
      /\b(?:NTP|chronyd?|timesyncd)\b[^.]{0,30}\b(?:running|synced|in sync|synchroni[sz]ed|active|enabled|configured)\b|\b(?:system |server |host )(?:clocks?|time)\b[^.]{0,20}\b(?:synced|in sync|synchroni[sz]ed|accurate)\b|\bclocks? (?:is |are )?(?:synced|in sync|synchroni[sz]ed)\b|\bclock (?:skew|drift)\b/i,
    )
    if (!claim) return null
    const bound = item.thresholds.find(
      ({ unit, operator, value, relativeTo }) =>
        unit === 'ms' && operator.startsWith('<') && value !== null && relativeTo === null,
    )
    if (/skew|drift/i.test(claim) && !bound) return null
    const isChrony = /\bchrony/i.test(sentence) || bound !== undefined
    const options = { daemon: isChrony ? 'chrony' : 'timesyncd', ...(bound?.value ? { skewMax: bound.value } : {}) }
    return propose(
      SURE.likely,
      options,
      [claim, ...(bound ? [bound.text] : [])],
      `the daemon of this machine (${options.daemon}) is assumed`,
    )
  },

  describe(options) {
    if (options.notBefore !== undefined) return `the clock of this machine is past ${options.notBefore}`
    if (options.daemon === 'timesyncd') return 'the clock of this machine is synchronised, says timedatectl'
    const source = options.url === undefined ? (options.ntp ?? 'chronyc') : publicUrl(options.url)
    return `the clock of this machine is off by at most ${formatDuration(options.skewMax)}, says ${source}`
  },

  run: (options, context) =>
    look(context, () => {
      if (options.notBefore !== undefined) return pastIt(options.notBefore)
      if (options.daemon === 'timesyncd') return bySystem(options, context)
      return byOffset(options, context)
    }),
})

async function pastIt(notBefore: string): Promise<Outcome> {
  const now = new Date()
  const seen = `the clock says ${now.toISOString()}`
  return now.getTime() >= Date.parse(notBefore)
    ? passed(`${seen}, past ${notBefore}`)
    : failed(`${seen}, which is before ${notBefore}`)
}

async function byOffset(options: Options, context: CheckContext): Promise<Outcome> {
  const source = options.url === undefined ? (options.ntp ?? 'chronyc') : publicUrl(options.url)
  try {
    const offset = await offsetOf(options, context)
    if (typeof offset === 'string') return unverified(`${source}: ${offset}`)
    return judge(options, source, offset)
  } catch (error) {
    const late =
      (error as Error | null)?.name === 'TimeoutError' ? `no answer within ${options.timeoutMs} ms` : messageOf(error)
    return unverified(`${source}: ${late}`, { remedy: 'see that the server runs and that this machine may reach it' })
  }
}

/** What a source says, or in words why it says nothing of use. @throws when it does not answer */
function offsetOf(options: Options, context: CheckContext): Promise<Offset | string> {
  if (options.ntp !== undefined) return askNtp(options.ntp, options.timeoutMs, context.signal)
  return options.url === undefined ? askChrony(options, context) : askDate(options.url, options, context)
}

/** What is off by more than the bound at the best is wrong, by less at the worst is right; what lies between was not measured well enough. */
function judge({ skewMax }: Options, source: string, { offsetMs, errorMs }: Offset): Outcome {
  const measurements = [
    { name: 'clock skew', value: Math.round(offsetMs * 1000) / 1000, unit: 'ms' },
    { name: 'uncertainty', value: Math.round(errorMs * 1000) / 1000, unit: 'ms' },
  ]
  const skewMs = Math.abs(offsetMs)
  const seen = `this clock is ${formatDuration(skewMs)} ${offsetMs > 0 ? 'behind' : 'ahead of'} ${source}, give or take ${formatDuration(errorMs)}`
  const wanted = `at most ${formatDuration(skewMax)} wanted`
  if (skewMs + errorMs <= skewMax) return passed(`${seen}; ${wanted}`, { measurements })
  if (skewMs - errorMs > skewMax) return failed(`${seen}; ${wanted}`, { measurements })
  return unverified(`${seen}: too unsure, for ${wanted}`, {
    measurements,
    remedy: 'ask a time server that is nearer, by ntp',
  })
}

/** The Date header tells the second in which the answer was made: somewhere between asking and hearing. */
async function askDate(address: string, options: Options, context: CheckContext): Promise<Offset | string> {
  const signal = withDeadline(options.timeoutMs, context.signal)
  const askedAt = Date.now()
  const { ca } = trustOptions(options.caFile, context.directory)
  const answer = await httpRequest({ url: address, method: 'HEAD', redirectsMax: 0, ...(ca ? { ca } : {}) }, signal)
  const heardAt = Date.now()
  const date = answer.headers['date'] ?? ''
  const serverAt = /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(date) ? Date.parse(date) : Number.NaN
  if (Number.isNaN(serverAt)) return 'it sends no date'
  return { offsetMs: serverAt + 500 - (askedAt + heardAt) / 2, errorMs: 500 + (heardAt - askedAt) / 2 }
}

async function askChrony(options: Options, context: CheckContext): Promise<Offset | string> {
  const result = await context.exec('chronyc', ['-n', '-c', 'tracking'], {
    timeoutMs: options.timeoutMs,
    signal: context.signal,
  })
  if (result.ended === 'not-started') return 'it is not installed'
  if (result.ended !== 'exited' || result.exitCode !== 0)
    return lastLine(result.stdout) || lastLine(result.stderr) || result.ended
  // Id, name, stratum, time of the last update, offset of the clock, ...; the last one says whether it is synchronised.
  const fields = (result.stdout.trim().split('\n').at(-1) ?? '').split(',')
  const [stratum, seconds, delay, dispersion] = [2, 4, 10, 11].map((at) => Number(fields[at] || Number.NaN))
  if (fields.length < 14 || ![stratum, seconds, delay, dispersion].every(Number.isFinite))
    return 'it printed something else than where it stands'
  if (stratum === 0 || fields[13] === 'Not synchronised') return 'it is not synchronised with any server'
  // Positive: this clock is slow, as chronyc says it to people.
  return { offsetMs: (seconds ?? 0) * 1000, errorMs: ((delay ?? 0) / 2 + (dispersion ?? 0)) * 1000 }
}

async function bySystem(options: Options, context: CheckContext): Promise<Outcome> {
  const result = await context.exec('timedatectl', ['show', '--property=NTP', '--property=NTPSynchronized'], {
    timeoutMs: options.timeoutMs,
    signal: context.signal,
  })
  if (result.ended === 'not-started')
    return unverified('timedatectl is not installed', { remedy: 'ask a time server by ntp instead' })
  const synchronised = /^NTPSynchronized=(yes|no)$/m.exec(result.stdout)?.[1]
  if (result.ended !== 'exited' || result.exitCode !== 0 || !synchronised)
    return unverified(`timedatectl told nothing: ${lastLine(result.stderr) || result.ended}`, {
      remedy: 'ask a time server by ntp instead',
    })
  return synchronised === 'yes'
    ? passed('the clock is synchronised, says timedatectl')
    : failed('the clock is not synchronised, says timedatectl')
}

// Whether a backup was restored, not only taken: now, into scratch, or at a date that a record of the team's tells.
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext, type Recognise } from '../check.ts'
import { pattern } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'

const RECORD_BYTES_MAX = 1 << 20
const DATES_MAX = 10_000
const DAY_MS = 86_400_000
const path = z.string().refine((text) => parsePath(text) !== null, 'not a path like "drills[0].at"')

const schema = z
  .strictObject({
    backup: z.string().min(1).optional().describe('name under `backups`; may be left out where there is only one'),
    durationMax: durationOption
      .optional()
      .describe(
        'longest that the restore into scratch may take, such as "30 min": towards the recovery time objective',
      ),
    record: z
      .string()
      .min(1)
      .optional()
      .describe('file that tells of the last restore instead: JSON or YAML with `field`, or any text with `dates`'),
    field: path.default('restoredAt').describe('where in the record the date of the restore stands'),
    okField: path
      .optional()
      .describe('where in the record it stands that the restore went well; must be true, ok or passed'),
    dates: pattern
      .optional()
      .describe('of a text: regular expression whose first group is the date of a restore that went well'),
    within: durationOption
      .default(90 * DAY_MS)
      .describe('of a record: how long ago the restore may be, such as "30 days"'),
  })
  .refine(
    (o) => o.record === undefined || (o.backup === undefined && o.durationMax === undefined),
    'give backup or record',
  )
  .refine(
    (o) => o.record !== undefined || (o.dates === undefined && o.okField === undefined),
    'dates and okField go with record',
  )

type Options = z.infer<typeof schema>

export const restoreTested = defineCheck({
  id: 'restore-tested',
  summary: 'restores the newest proved copy into scratch and proves it there, or reads when the team last did',
  options: schema,
  example: { backup: 'database', durationMax: '30 min' },
  failingExample: { backup: 'database' },
  secretFields: [],
  remedy: 'restore the newest copy for a test: "gonogo backup verify", and look into what it says',
  refersTo: ['backup'],
  recognise,

  describe({ backup, durationMax, record, within }) {
    if (record !== undefined) return `${record} tells of a restore within the last ${formatDuration(within)}`
    const time = durationMax === undefined ? '' : `, within ${formatDuration(durationMax)}`
    return `restore the newest proved copy of ${backup ?? 'the backup'} into scratch and prove it there${time}`
  },

  run: (options, context) =>
    look(context, async () =>
      options.record === undefined
        ? restoreNow(options, context)
        : readRecord({ ...options, record: options.record }, context),
    ),
})

async function restoreNow({ backup, durationMax }: Options, { data, signal }: CheckContext): Promise<Outcome> {
  let newest: Awaited<ReturnType<typeof data.newestBackup>>
  try {
    newest = await data.newestBackup(backup ?? null)
  } catch (error) {
    return unverified(messageOf(error))
  }
  if (!newest)
    return failed(`there is no proved copy of ${backup ?? 'the backup'} that could be restored`, {
      remedy: `gonogo backup create${backup === undefined ? '' : ` ${backup}`}`,
    })
  const startedAt = performance.now()
  const proof = await data.verifyBackup(backup ?? null, signal)
  const tookMs = Math.round(performance.now() - startedAt)
  const words = `${newest.id}, taken ${formatDuration(Math.max(0, Date.now() - newest.takenAt))} ago: ${proof.summary}; restored and proved in ${formatDuration(tookMs)}`
  const measurements = [...proof.measurements, { name: 'restore time', value: tookMs, unit: 'ms' }]
  if (proof.status !== 'passed') return { ...proof, summary: `${newest.id}: ${proof.summary}` }
  return durationMax !== undefined && tookMs > durationMax
    ? failed(`${words}, at most ${formatDuration(durationMax)} wanted`, { measurements, evidence: proof.evidence })
    : passed(words, { measurements, evidence: proof.evidence })
}

async function readRecord(options: Options & { record: string }, { directory }: CheckContext): Promise<Outcome> {
  const { record, within, dates } = options
  let text: string
  let found: { at: number | null; ok: unknown }
  try {
    const file = resolve(directory, record)
    if (statSync(file).size > RECORD_BYTES_MAX) return unverified(`${record} is larger than ${RECORD_BYTES_MAX} bytes`)
    text = readFileSync(file, 'utf8')
    found = dates === undefined ? await ofDocument(options, text) : { at: ofText(dates, text), ok: true }
  } catch (error) {
    return unverified(`${record}: ${messageOf(error)}`, {
      remedy: 'name the file in which the last restore is recorded',
    })
  }
  const evidence = [{ name: 'record', mediaType: 'text/plain' as const, content: excerpt(text) }]
  if (found.at === null) return unverified(`${record} tells no date of a restore`, { evidence })
  const ageMs = Date.now() - found.at
  const day = new Date(found.at).toISOString().slice(0, 10)
  // A day of grace: a date without an hour may lie in another time zone.
  if (ageMs < -DAY_MS) return unverified(`${record} tells of a restore on ${day}, which is yet to come`, { evidence })
  const extra = {
    evidence,
    measurements: [{ name: 'last restore', value: Math.max(0, Math.round(ageMs)), unit: 'ms' }],
  }
  const words = `${record} tells of a restore on ${day}, ${formatDuration(Math.max(0, ageMs))} ago`
  if (options.okField !== undefined && !isGood(found.ok))
    return (found.ok === undefined ? unverified : failed)(`${words}, which it does not say went well`, extra)
  return ageMs > within ? failed(`${words}, at most ${formatDuration(within)} wanted`, extra) : passed(words, extra)
}

function isGood(value: unknown): boolean {
  return value === true || (typeof value === 'string' && /^(?:true|ok|yes|passed|success(?:ful)?)$/i.test(value.trim()))
}

async function ofDocument({ field, okField }: Options, text: string): Promise<{ at: number | null; ok: unknown }> {
  const { parse } = await import('yaml')
  // JSON is YAML too. Aliases could make little text into much.
  const document: unknown = parse(text, { maxAliasCount: 100 })
  const at = valueAt(document, parsePath(field) ?? [])
  const ok = okField === undefined ? true : valueAt(document, parsePath(okField) ?? [])
  return { at: at instanceof Date ? at.getTime() : typeof at === 'string' ? dateOf(at) : null, ok }
}

/** The latest of the dates. */
function ofText(expression: string, text: string): number | null {
  let latest: number | null = null
  let seen = 0
  for (const match of text.matchAll(new RegExp(expression, 'gim'))) {
    if (++seen > DATES_MAX) break
    const at = dateOf(match[1] ?? match[0])
    if (at !== null) latest = Math.max(latest ?? at, at)
  }
  return latest
}

/** `2026-03-01` or `2026-03-01T10:00:00Z`: what is written otherwise means one day here and another there. */
function dateOf(text: string): number | null {
  const trimmed = text.trim()
  if (!/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(trimmed)) return null
  const at = Date.parse(trimmed)
  return Number.isNaN(at) ? null : at
}

/** A restore that is said to have been tested; who is to restore now, or says how, does not say that. */
function recognise(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const sentence = sentenceOf(item)
  const claim = find(
    sentence,
    /\b(?:(?:database|db|data|backup)\s+(?:restor(?:e|ation|ing)|recovery)(?:\s+(?:process|procedure))?|restor(?:e|ation)\s+(?:of|from)\s+(?:the\s+)?(?:latest\s+|newest\s+|last\s+)?(?:database\s+)?backups?|backups?\s+(?:and|&)\s+restores?)\s+(?:is\s+|was\s+|has been\s+|have been\s+|successfully\s+)?(?:tested|verified|proved|proven|rehearsed)\b|\btest(?:ed)?\s+(?:database\s+|backup\s+|the\s+)*restor(?:e|ation)\s+(?:of|from)\s+(?:the\s+)?backups?\b/i,
  )
  const otherwise = /\b(?:if|when|document\w*|plan(?:ned)?|schedul\w*|staging|bucket|config\w*|secrets?|images?|not)\b/i
  if (!claim || otherwise.test(sentence)) return null
  return propose(
    SURE.assumed,
    {},
    [claim],
    'the newest copy of the only backup of gonogo.yaml is restored into scratch',
  )
}

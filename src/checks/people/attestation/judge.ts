// Which of the recorded statements count, and why the others do not. Pure.
import type { Attestation } from '../../../lib/attestation-file.ts'
import { excerpt } from '../../../lib/excerpt.ts'
import { plural } from '../../../lib/plural.ts'
import { publicUrl } from '../../../lib/url-option.ts'
import { failed, passed, unverified, type Outcome } from '../../../plan/outcome.ts'

const DAY_MS = 86_400_000
/** So many records, and so much of each note, go into the evidence. */
const SHOWN_MAX = 20
const NOTE_CHARS_MAX = 1000
/** So many names and reasons are said. */
const NAMED_MAX = 5
/** Clocks of two machines may differ by this much. */
const SKEW_MS = 5 * 60_000

export interface Wanted {
  statement: string
  file: string
  people: readonly string[]
  role?: string | undefined
  peopleMin: number
  ageDaysMax?: number | undefined
  evidenceWanted: boolean
  version?: string | undefined
  commit: boolean
}

/** What is known of the world a statement is about. */
export interface Facts {
  nowMs: number
  /** Files changed since a commit, the records' own file left out; null where git cannot tell. Asked only where `commit` is wanted. */
  changedSince: ReadonlyMap<string, readonly string[] | null>
  /** Files named as evidence that are not there. */
  missing: ReadonlySet<string>
}

/** Why a statement does not count; `unknown` where it might, but that cannot be told. */
interface Refusal {
  why: string
  unknown?: true
}

/** Of each person the newest statement counts. Nobody, too few, too old, for something else: failed. */
export function judgeAttestations(records: readonly Attestation[], wanted: Wanted, facts: Facts): Outcome {
  const evidence = [
    {
      name: 'records',
      mediaType: 'application/json' as const,
      content: JSON.stringify(records.slice(-SHOWN_MAX).map(shown), null, 2),
    },
  ]
  const remedy = remedyFor(wanted)
  if (records.length === 0)
    return failed(`nobody has stated "${wanted.statement}" in ${wanted.file}`, { evidence, remedy })
  const judged = newestOfEach(records).map((record) => ({ record, refusals: refusalsOf(record, wanted, facts) }))
  const good = judged.filter(({ refusals }) => refusals.length === 0)
  const [newest] = good
  if (newest && good.length >= wanted.peopleMin) {
    const names = good.slice(0, NAMED_MAX).map(({ record }) => `${record.by} (${record.at.slice(0, 10)})`)
    return passed(`"${wanted.statement}" was stated by ${names.join(', ')}`, {
      evidence,
      measurements: figures(newest.record, facts.nowMs),
    })
  }
  const reasons = judged
    .filter(({ refusals }) => refusals.length > 0)
    .map(({ record, refusals }) => `that of ${record.by} ${refusals.map(({ why }) => why).join(' and ')}`)
  const undecided = judged.filter(({ refusals }) => refusals.length > 0 && refusals.every(({ unknown }) => unknown))
  const said = [tooFew(good.length, wanted), ...reasons.slice(0, NAMED_MAX)].join('; ')
  const isOpen = good.length + undecided.length >= wanted.peopleMin
  return (isOpen ? unverified : failed)(`"${wanted.statement}": ${said}`, { evidence, remedy })
}

function tooFew(good: number, { peopleMin }: Wanted): string {
  if (good === 0) return 'no statement counts'
  return `stated by ${plural(good, 'person', 'people')}, at least ${peopleMin} wanted`
}

function newestOfEach(records: readonly Attestation[]): Attestation[] {
  const newestFirst = records.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
  return [...Map.groupBy(newestFirst, ({ by }) => by.trim())].flatMap(([, own]) => own.slice(0, 1))
}

function refusalsOf(record: Attestation, wanted: Wanted, facts: Facts): Refusal[] {
  return [
    ...personRefusals(record, wanted),
    ...timeRefusals(record, wanted, facts),
    ...subjectRefusals(record, wanted, facts),
  ]
}

function personRefusals({ by, roles }: Attestation, { people, role }: Wanted): Refusal[] {
  return [
    ...(people.length > 0 && !people.includes(by.trim())
      ? [{ why: `does not count: only ${people.join(', ')} may` }]
      : []),
    ...(role !== undefined && !roles.includes(role) ? [{ why: `was not made as ${role}` }] : []),
  ]
}

function timeRefusals({ at, expires }: Attestation, { ageDaysMax }: Wanted, { nowMs }: Facts): Refusal[] {
  const ageMs = nowMs - Date.parse(at)
  if (ageMs < -SKEW_MS) return [{ why: `is dated in the future (${at})`, unknown: true }]
  return [
    ...(expires !== undefined && Date.parse(expires) <= nowMs ? [{ why: `expired on ${expires.slice(0, 10)}` }] : []),
    ...(ageDaysMax !== undefined && ageMs > ageDaysMax * DAY_MS
      ? [{ why: `is ${plural(Math.floor(ageMs / DAY_MS), 'day')} old, at most ${ageDaysMax} wanted` }]
      : []),
  ]
}

function subjectRefusals({ evidence, version, commit }: Attestation, wanted: Wanted, facts: Facts): Refusal[] {
  const refusals: Refusal[] = []
  if (wanted.evidenceWanted && evidence === undefined) refusals.push({ why: 'names no evidence' })
  if (wanted.evidenceWanted && evidence !== undefined && facts.missing.has(evidence))
    refusals.push({ why: `names evidence that is not there (${evidence})` })
  if (wanted.version !== undefined && version !== wanted.version)
    refusals.push({ why: version ? `is for version ${version}, not ${wanted.version}` : 'names no version' })
  if (!wanted.commit) return refusals
  if (commit === undefined) return [...refusals, { why: 'names no commit' }]
  const changed = facts.changedSince.get(commit) ?? null
  const short = commit.slice(0, 12)
  if (changed === null) refusals.push({ why: `is for commit ${short}, which git cannot compare with`, unknown: true })
  else if (changed.length > 0)
    refusals.push({
      why: `is for commit ${short}, and ${plural(changed.length, 'file')} changed since (${changed[0]})`,
    })
  return refusals
}

function figures({ at, expires }: Attestation, nowMs: number): Outcome['measurements'] {
  const days = (ms: number): number => Math.round((ms / DAY_MS) * 10) / 10
  return [
    { name: 'age', value: Math.max(0, days(nowMs - Date.parse(at))), unit: 'days' },
    ...(expires === undefined ? [] : [{ name: 'holds for', value: days(Date.parse(expires) - nowMs), unit: 'days' }]),
  ]
}

function shown({ evidence, note, ...rest }: Attestation): object {
  return {
    ...rest,
    ...(evidence === undefined ? {} : { evidence: URL.canParse(evidence) ? publicUrl(evidence) : evidence }),
    ...(note === undefined ? {} : { note: excerpt(note, NOTE_CHARS_MAX) }),
  }
}

function remedyFor({ statement, people, role, evidenceWanted, version }: Wanted): string {
  const who =
    people.length > 0 ? people.join(' or ') : role === undefined ? 'somebody who knows' : `somebody who is ${role}`
  const words = [
    `gonogo attest ${/^[\w./-]+$/.test(statement) ? statement : JSON.stringify(statement)} --as NAME`,
    ...(evidenceWanted ? ['--evidence LINK'] : []),
    ...(version === undefined ? [] : [`--for ${version}`]),
  ]
  return `let ${who} state it, and commit the file: ${words.join(' ')}`
}

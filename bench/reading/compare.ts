// A reading against labels made by hand: counts of what agrees, and what does not, line by line. Pure.
import type { Checklist, Item } from '../../src/plan/plan.ts'
import type { Threshold } from '../../src/plan/threshold.ts'
import type { Labelled, LabelledThreshold, Labels } from './labels.ts'

export const ASPECTS = ['boxes', 'thresholds', 'polarity', 'phases', 'machine', 'recall', 'proposals'] as const
/** `machine` is the precision of "a machine can tell", `recall` the share of such items that were found to be so. */
export type Aspect = (typeof ASPECTS)[number]

/** One judged case: agreed or, in words, how it did not. */
export interface Case {
  aspect: Aspect
  document: string
  line: number
  ok: boolean
  labelled: string
  read: string
}

/** Every labelled case of a document against its reading with proposals. */
export function compare({ name, labels }: Labelled, checklist: Checklist): Case[] {
  const byLine = Map.groupBy(checklist.items, ({ line }) => line)
  const at = (line: number): Item[] => byLine.get(line) ?? []
  const cases = [
    ...compareBoxes(labels, checklist),
    ...labels.items.flatMap((item) => compareThresholds(item.line, item.thresholds, at(item.line))),
    ...comparePolarity(labels, at),
    ...comparePhases(labels, checklist),
    ...compareVerifiable(labels, at),
    ...compareProposals(labels, at),
  ]
  return cases.map((judged) => ({ document: name, ...judged }))
}

type Judged = Omit<Case, 'document'>

/** Each box once: those missed and those that are none both count against the reading. */
function compareBoxes({ boxLines }: Labels, checklist: Checklist): Judged[] {
  const read = checklist.items.filter(({ box }) => box !== null).map(({ line }) => line)
  const lines = new Set([...boxLines, ...read])
  return [...lines].flatMap((line) => {
    const wanted = boxLines.filter((other) => other === line).length
    const found = read.filter((other) => other === line).length
    return Array.from({ length: Math.max(wanted, found) }, (_, index) => ({
      aspect: 'boxes' as const,
      line,
      ok: index < wanted && index < found,
      labelled: `${wanted} boxes`,
      read: `${found} boxes`,
    }))
  })
}

/** A line is right when it states the same bounds in the same order, all fields of each. Lines without any on both sides say nothing. */
function compareThresholds(line: number, wanted: readonly LabelledThreshold[], items: readonly Item[]): Judged[] {
  const read = items.flatMap(({ thresholds }) => thresholds).filter(({ value }) => value !== null)
  if (wanted.length === 0 && read.length === 0) return []
  const ok = wanted.length === read.length && wanted.every((bound, index) => sameBound(bound, read[index]))
  return [
    { aspect: 'thresholds', line, ok, labelled: wanted.map(sayBound).join('; '), read: read.map(sayBound).join('; ') },
  ]
}

function sameBound(wanted: LabelledThreshold, read: Threshold | undefined): boolean {
  if (!read) return false
  const fields = [
    'aggregate',
    'operator',
    'value',
    'valueMax',
    'unit',
    'windowMs',
    'consecutive',
    'relativeTo',
  ] as const
  return fields.every((field) => wanted[field] === read[field]) && sameSubject(wanted.subject, read.subject)
}

const FILLER = new Set([
  'the',
  'a',
  'an',
  'of',
  'for',
  'is',
  'are',
  'in',
  'on',
  'and',
  'all',
  'any',
  'with',
  'to',
  'be',
])

/** The same thing is meant when one side's words are all among the other's: "api error rate" and "error rate". */
function sameSubject(a: string, b: string): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)]
  const within = (some: string[], others: string[]): boolean => some.every((word) => others.includes(word))
  if (left.length === 0 || right.length === 0) return left.length === right.length
  // Scripts without spaces between words have no words to compare.
  if (UNSPACED.test(a) && UNSPACED.test(b)) return a.includes(b) || b.includes(a)
  return within(left, right) || within(right, left)
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u

function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
    .filter((word) => !FILLER.has(word))
    .map((word) => word.replace(/s$/, ''))
}

function sayBound(bound: LabelledThreshold | Threshold): string {
  const { subject, aggregate, operator, value, valueMax, unit, windowMs, consecutive, relativeTo } = bound
  const rest = [
    valueMax === null ? '' : `..${valueMax}`,
    aggregate ?? '',
    windowMs === null ? '' : `for ${windowMs} ms`,
    consecutive === null ? '' : `${consecutive} in a row`,
    relativeTo === null ? '' : `to ${relativeTo}`,
  ]
  return [`[${subject}]`, operator, value, unit, ...rest].filter((part) => part !== '').join(' ')
}

function comparePolarity(labels: Labels, at: (line: number) => Item[]): Judged[] {
  const bad = new Set(labels.badStateLines)
  const sampled = labels.items.filter(({ verifiable }) => verifiable !== null).map(({ line }) => line)
  return [...new Set([...bad, ...sampled])].flatMap((line) => {
    const labelled = bad.has(line) ? 'bad-state' : 'good'
    const read = at(line)[0]?.polarity ?? 'not read'
    // An item that was not read at all is no wrong polarity unless trouble goes unseen.
    if (read === 'not read' && labelled === 'good') return []
    return [{ aspect: 'polarity' as const, line, ok: read === labelled, labelled, read }]
  })
}

function comparePhases({ phases }: Labels, checklist: Checklist): Judged[] {
  return phases.map(({ line, kind }) => {
    const read = checklist.phases.find((phase) => phase.line === line)?.kind ?? 'not read'
    return { aspect: 'phases', line, ok: read === kind, labelled: kind, read }
  })
}

function compareVerifiable(labels: Labels, at: (line: number) => Item[]): Judged[] {
  return labels.items.flatMap(({ line, verifiable }) => {
    if (verifiable === null) return []
    const read = at(line)[0]?.verifiable ?? 'not read'
    const ok = read === verifiable
    const judged = { line, labelled: verifiable, read }
    return [
      ...(read === 'machine' ? [{ aspect: 'machine' as const, ok, ...judged }] : []),
      ...(verifiable === 'machine' ? [{ aspect: 'recall' as const, ok, ...judged }] : []),
    ]
  })
}

function compareProposals(labels: Labels, at: (line: number) => Item[]): Judged[] {
  return labels.items.flatMap(({ line, proposals }) => {
    const proposal = at(line)[0]?.proposal
    if (!proposal) return []
    const main = mainOption(proposal.check, proposal.options)
    const ok = proposals.some((wanted) => wanted.check === proposal.check && sameOption(wanted.main, main))
    const say = (check: string, option: string | null): string => `${check} ${option ?? '-'}`
    return [
      {
        aspect: 'proposals' as const,
        line,
        ok,
        labelled: proposals.map(({ check, main: option }) => say(check, option)).join(' | ') || 'none',
        read: say(proposal.check, main),
      },
    ]
  })
}

/** The option that matters most of each kind; null for kinds that need none. */
function mainOption(check: string, options: Record<string, unknown>): string | null {
  const first = (...names: string[]): string | null => {
    const found = names.map((name) => options[name]).find((value) => value !== undefined)
    return found === undefined ? null : String(found)
  }
  switch (check) {
    case 'command':
      return first('shell', 'run')
    case 'http':
      return first('url')
    case 'tcp':
      return `${String(options['host'])}:${String(options['port'])}`
    case 'tls':
      return first('host')
    case 'dns':
      return first('name')
    case 'node-version':
      return first('range')
    case 'env':
      return [options['present'], Object.keys((options['matching'] as object | undefined) ?? {})]
        .flat()
        .filter(Boolean)
        .join(' ')
    case 'file-permissions':
      return first('path')
    case 'git-state':
      return ['clean', 'branch', 'tag', 'inSync']
        .filter((name) => options[name])
        .map((name) => (name === 'inSync' ? 'synced' : name))
        .join(' ')
    case 'disk':
      return first('freeBytesMin', 'freePercentMin')
    case 'memory':
      return first('freeBytesMin', 'usedPercentMax')
    default:
      return null
  }
}

/** Figures are compared as figures, sizes in bytes; words without punctuation; an address by its path where only that is known. */
function sameOption(wanted: string | null, read: string | null): boolean {
  if (wanted === null || read === null) return true
  const [a, b] = [plain(wanted), plain(read)]
  if (a === b || b.endsWith(a) || a.endsWith(b)) return true
  const [left, right] = [bytesOf(wanted), bytesOf(read)]
  return left !== null && left === right
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[`'"^$\\]|https?:\/\/|>=|\s+/g, '')
}

function bytesOf(text: string): number | null {
  const match = /([\d.]+)\s*(k|m|g|t)?i?b?\s*%?$/i.exec(text.trim())
  if (!match) return null
  return Number(match[1]) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf((match[2] ?? '').toLowerCase())
}

/** Share of cases that agree, per aspect. */
export function sharesOf(cases: readonly Case[]): { aspect: Aspect; agreed: number; all: number }[] {
  return ASPECTS.map((aspect) => {
    const own = cases.filter((judged) => judged.aspect === aspect)
    return { aspect, agreed: own.filter(({ ok }) => ok).length, all: own.length }
  })
}

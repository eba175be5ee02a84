// SARIF 2.1.0 for code scanning: what did not pass, at its line of the checklist.
import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { isAbsolute } from 'node:path'
import { iso, plainText, shorten } from './format.ts'
import { UNBOUND_REMEDY, type CheckedItem, type CheckedRelease } from './checked.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
const TEXT_CHARS_MAX = 1000

interface Rule {
  id: string
  summary: string
  remedy: string
}

interface Finding {
  rule: string
  /** What stays the same while the document is edited elsewhere. */
  identity: string
  level: 'error' | 'warning' | 'none'
  kind: 'fail' | 'informational'
  text: string
  line: number
  /** Somebody accepted it. */
  isAccepted?: true
}

const UNBOUND: Rule = { id: 'unbound', summary: 'an item that nobody said how to verify', remedy: UNBOUND_REMEDY }
const BLIND: Rule = {
  id: 'guard',
  summary: 'a guard that cannot turn red',
  remedy: 'change its bound, or remove it: "gonogo plan" says of each guard whether it can turn red',
}

/** A log of one run. What passed is left out: a code scanner would show it as something to look at. */
export function renderSarif(checked: CheckedRelease): string {
  const findings = findingsOf(checked)
  const rules = [...checked.kinds, UNBOUND, BLIND].filter(
    ({ id }) => findings.some(({ rule }) => rule === id) || checked.kinds.some((kind) => kind.id === id),
  )
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'gonogo', semanticVersion: checked.version, rules: rules.map(ruleObject) } },
        invocations: [
          {
            executionSuccessful: !checked.cancelled,
            exitCode: checked.verdict.exitCode,
            exitCodeDescription: checked.verdict.word,
            startTimeUtc: iso(checked.startedAt),
            endTimeUtc: iso(checked.endedAt),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultObject(finding, rules, checked.file)),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function findingsOf({ items, unbound, blindGuards }: CheckedRelease): Finding[] {
  return [
    ...items.flatMap(findingOf),
    ...unbound.map(({ id, line, text }) => ({
      ...asProblem('warning'),
      rule: UNBOUND.id,
      identity: id,
      line,
      text: sentence(text, 'nobody said how to verify it', UNBOUND.remedy),
    })),
    ...blindGuards.map(({ id, title, line, sentence: why }) => ({
      ...asProblem('error'),
      rule: BLIND.id,
      identity: id,
      line: line ?? 1,
      text: sentence(title, `cannot turn red: ${why.replace(/^no: /, '')}`, BLIND.remedy),
    })),
  ]
}

function findingOf({ id, check, status, text, label, summary, remedy, line }: CheckedItem): Finding[] {
  const told = { rule: check, identity: id, line, text: sentence(label ?? text, summary, remedy) }
  switch (status) {
    case 'passed':
      return []
    case 'failed':
      return [{ ...told, ...asProblem('error') }]
    case 'unverified':
      return [{ ...told, ...asProblem('warning') }]
    case 'waived':
      return [{ ...told, ...asProblem('warning'), isAccepted: true }]
    case 'skipped':
      // The standard (3.27.10) allows what is no failure no other level.
      return [{ ...told, kind: 'informational', level: 'none' }]
  }
}

function asProblem(level: 'error' | 'warning'): Pick<Finding, 'level' | 'kind'> {
  return { level, kind: 'fail' }
}

function sentence(title: string, said: string, remedy: string | null): string {
  const line = (text: string): string => plainText(text).replaceAll(/\s+/g, ' ').trim()
  const parts = [`${shorten(line(title), 120)}: ${line(said)}`, ...(remedy ? [`How to fix: ${line(remedy)}`] : [])]
  return shorten(parts.join('. '), TEXT_CHARS_MAX)
}

function ruleObject({ id, summary, remedy }: Rule): object {
  return {
    id,
    shortDescription: { text: summary },
    help: { text: `How to fix: ${remedy}` },
    defaultConfiguration: { level: 'error' },
  }
}

function resultObject(finding: Finding, rules: readonly Rule[], file: string): object {
  const { rule, identity, level, kind, text, line, isAccepted } = finding
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    kind,
    level,
    message: { text },
    locations: [{ physicalLocation: { artifactLocation: location(file), region: { startLine: Math.max(1, line) } } }],
    fingerprints: { 'gonogo/item/v1': identity },
    ...(isAccepted ? { suppressions: [{ kind: 'external', status: 'accepted', justification: text }] } : {}),
    // What GitHub recognises an alert by when the lines around it have moved.
    partialFingerprints: { primaryLocationLineHash: `${shortHash(`${rule} ${identity}`)}:1` },
  }
}

function location(file: string): object {
  if (isAbsolute(file)) return { uri: pathToFileURL(file).href }
  return { uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

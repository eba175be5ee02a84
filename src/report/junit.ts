// The report for CI: phases are test suites, items are test cases. Nothing that was not verified can look green there.
import { iso, plainText } from './format.ts'
import type { ReportItem, ReportModel, ReportPhase } from './shape.ts'

export interface Suite {
  name: string
  startedAt: number | null
  cases: Case[]
}

interface Case {
  name: string
  seconds: number
  result: 'passed' | 'failure' | 'error' | 'skipped'
  message: string
  /** Waivers and measurements. */
  output: string
}

/**
 * JUnit XML. `failed` is a failure, `unverified` an error, `waived` passes with the waiver in its output, `skipped` and
 * `not-reached` are skipped. The suite "release" has one case more for the run itself, so that a run that reached
 * nothing is red.
 */
export function renderJunit(model: ReportModel): string {
  return renderSuites(model.headline, [releaseSuite(model), ...model.phases.map(phaseSuite)])
}

/** JUnit XML of any suites. */
export function renderSuites(name: string, suites: readonly Suite[]): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>']
  lines.push(`<testsuites${attributes({ name, ...totals(suites.flatMap(({ cases }) => cases)) })}>`)
  for (const suite of suites) lines.push(...suiteLines(suite))
  lines.push('</testsuites>')
  return `${lines.join('\n')}\n`
}

function releaseSuite({ run, headline, summary }: ReportModel): Suite {
  const result = run.state === 'succeeded' ? 'passed' : run.endedAt === null ? 'error' : 'failure'
  const seconds = run.durationMs / 1000
  const name = `${run.service} to ${run.environment}`
  return {
    name: 'release',
    startedAt: run.startedAt,
    cases: [{ name, seconds, result, message: headline, output: summary.join('\n') }],
  }
}

function phaseSuite({ title, startedAt, items }: ReportPhase): Suite {
  return { name: title, startedAt, cases: items.map(itemCase) }
}

/** What a status is in JUnit's words. Unverified is an error: `skipped` would hide it. */
export const RESULTS: Record<ReportItem['status'], Case['result']> = {
  passed: 'passed',
  waived: 'passed',
  failed: 'failure',
  unverified: 'error',
  skipped: 'skipped',
  'not-reached': 'skipped',
}

function itemCase({ text, status, summary, durationMs, waiver, remedy }: ReportItem): Case {
  const output = waiver ? `waived by ${waiver.by}: ${waiver.reason}\n${summary}` : summary
  const message = remedy ? `${summary}; ${remedy}` : summary
  return { name: text, seconds: (durationMs ?? 0) / 1000, result: RESULTS[status], message, output }
}

function suiteLines({ name, startedAt, cases }: Suite): string[] {
  const timestamp: Record<string, string> = startedAt === null ? {} : { timestamp: iso(startedAt).slice(0, 19) }
  return [
    `  <testsuite${attributes({ name, ...totals(cases), ...timestamp })}>`,
    ...cases.flatMap((one) => caseLines(name, one)),
    '  </testsuite>',
  ]
}

function caseLines(suite: string, { name, seconds, result, message, output }: Case): string[] {
  const open = `    <testcase${attributes({ classname: suite, name, time: seconds.toFixed(3) })}>`
  const verdict = result === 'passed' ? [] : [`      <${result}${attributes({ message })}/>`]
  return [open, ...verdict, `      <system-out>${escapeXml(output)}</system-out>`, '    </testcase>']
}

function totals(cases: readonly Case[]): Record<string, string | number> {
  const count = (result: Case['result']): number => cases.filter((one) => one.result === result).length
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0)
  return {
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: seconds.toFixed(3),
  }
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('')
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
}

/** Text for XML 1.0, which has no way to write control characters: they are replaced. */
function escapeXml(text: string): string {
  return plainText(text).replace(/[&<>"\n\t]/g, (character) => ENTITIES[character] ?? character)
}

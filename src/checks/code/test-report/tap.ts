// The Test Anything Protocol: plan, points, directives; a plan that is not kept is a failure.
import { Unreadable } from '../report-file.ts'
import { FAILURES_MAX, type TestTally } from './tally.ts'

/** Points at the left edge are counted; those of subtests stand indented and come back in their parent's. @throws Unreadable */
export function readTap(path: string, text: string): TestTally {
  let planned: number | null = null
  let bailed: string | null = null
  let yamlIndent: string | null = null
  const tally: TestTally = { tests: 0, failed: 0, skipped: 0, failures: [] }
  for (const line of text.split(/\r?\n/)) {
    if (yamlIndent !== null) {
      if (line === `${yamlIndent}...`) yamlIndent = null
      continue
    }
    yamlIndent = /^( +)---$/.exec(line)?.[1] ?? null
    const plan = /^1\.\.(\d{1,9})\b/.exec(line)?.[1]
    if (plan !== undefined) planned = Number(plan)
    bailed ??= /^Bail out!(.*)/.exec(line)?.[1]?.trim() ?? null
    const [point, not, rest = ''] = /^(not )?ok\b(.*)/.exec(line) ?? []
    if (point !== undefined) count(tally, Boolean(not), rest)
  }
  if (planned === null && bailed === null) throw new Unreadable(`${path} has no plan (1..N): it is not TAP, or was cut`)
  const missing = Math.max(0, (planned ?? 0) - tally.tests)
  if (bailed !== null) tally.failures.unshift(`bailed out: ${bailed}`)
  if (missing > 0) tally.failures.unshift(`${missing} planned tests did not run`)
  return { ...tally, tests: tally.tests + missing, failed: tally.failed + missing + (bailed === null ? 0 : 1) }
}

function count(tally: TestTally, isNot: boolean, rest: string): void {
  const directive = /(?<!\\)#\s*(skip|todo)/i.exec(rest)?.[1]?.toLowerCase()
  tally.tests++
  // What is still to be written is allowed to fail: that is what the directive says.
  if (directive !== undefined) tally.skipped++
  else if (isNot) {
    tally.failed++
    if (tally.failures.length < FAILURES_MAX) tally.failures.push(rest.replace(/^[\s\d]*-?\s*/, ''))
  }
}

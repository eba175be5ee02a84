// What a visit of a page is worth: everything that is not as it should be, in words.
import { excerpt } from '../../../lib/excerpt.ts'
import { plural } from '../../../lib/plural.ts'
import { formatSize } from '../../../lib/size.ts'
import { failed, passed, unverified, type Outcome } from '../../../plan/outcome.ts'
import { IMPACTS, type PageOptions } from './options.ts'
import type { Kept, Visit } from './visit.ts'

/** Judges a visit. @param unkept why the picture that was asked for is not there, or null. */
export function judgePage(where: string, options: PageOptions, seen: Visit, unkept: string | null): Outcome {
  const counted = weighingViolations(options, seen)
  const extra = { measurements: measurementsOf(seen, counted?.length), evidence: [evidenceOf(seen)] }
  const { status, loadMs } = seen
  const answered = status === null ? 'was opened' : `answered ${status}`
  const said = `${where} ${answered}${loadMs === null ? '' : ` and loaded in ${Math.round(loadMs)} ms`}`
  const { wrong, unknown } = complaintsOf(options, seen, counted)
  if (wrong.length > 0) return failed(`${said}: ${wrong.join('; ')}`, extra)
  const open = unkept === null ? unknown : [...unknown, unkept]
  return open.length > 0 ? unverified(`${said}; ${open.join('; ')}`, extra) : passed(said, extra)
}

function complaintsOf(
  options: PageOptions,
  seen: Visit,
  counted: Visit['violations'],
): { wrong: string[]; unknown: string[] } {
  const wrong: string[] = []
  const unknown: string[] = []
  const times = [
    ['document read', seen.domContentLoadedMs, options.domContentLoadedMsMax, 'ms'],
    ['loaded', seen.loadMs, options.loadMsMax, 'ms'],
    ['largest contentful paint', seen.largestContentfulPaintMs, options.largestContentfulPaintMsMax, 'ms'],
    ['layout shift', seen.layoutShift, options.layoutShiftMax, ''],
  ] as const
  for (const [name, value, max, unit] of times) {
    if (max === undefined) continue
    if (value === null) unknown.push(`the browser gave no figure for "${name}"`)
    else if (value > max)
      wrong.push(`${name} ${rounded(value)} ${unit}, at most ${max} ${unit} wanted`.replaceAll(' ,', ','))
  }
  if (seen.status !== null && seen.status >= 400) wrong.push(`status ${seen.status}`)
  if (options.bytesMax !== undefined && seen.bytes > options.bytesMax)
    wrong.push(`${formatSize(seen.bytes)} came, at most ${formatSize(options.bytesMax)} wanted`)
  const kept: [string, Kept, number | undefined][] = [
    ['console error', seen.consoleErrors, options.consoleErrorsMax],
    ['failed request', seen.failedRequests, options.failedRequestsMax],
  ]
  for (const [noun, list, max] of kept)
    if (max !== undefined && list.count > max)
      wrong.push(`${plural(list.count, noun)}, at most ${max} wanted, the first: ${list.first[0]}`)
  if (options.text !== undefined && !seen.text.includes(options.text)) wrong.push(`"${options.text}" is not on it`)
  if (seen.selectorVisible === false) wrong.push(`${options.selector} is not visible`)
  if (options.titleMatches !== undefined && !new RegExp(options.titleMatches).test(seen.title))
    wrong.push(`its title "${excerpt(seen.title, 80)}" does not match /${options.titleMatches}/`)
  const violationsMax = options.accessibility?.violationsMax ?? 0
  if (counted && counted.length > violationsMax)
    wrong.push(
      `${plural(counted.length, 'accessibility rule')} broken, at most ${violationsMax} wanted: ${counted
        .slice(0, 5)
        .map(({ id }) => id)
        .join(', ')}`,
    )
  return { wrong, unknown }
}

/** Violations from the wanted impact on; one whose impact axe does not say counts. */
function weighingViolations({ accessibility }: PageOptions, { violations }: Visit): Visit['violations'] {
  if (!accessibility || !violations) return null
  const from = IMPACTS.indexOf(accessibility.impactMin)
  return violations.filter(({ impact }) => impact === null || IMPACTS.indexOf(impact) >= from)
}

function measurementsOf(seen: Visit, violations: number | undefined): Outcome['measurements'] {
  const figures: [string, number | null | undefined, string][] = [
    ['document read', seen.domContentLoadedMs, 'ms'],
    ['load', seen.loadMs, 'ms'],
    ['first contentful paint', seen.firstContentfulPaintMs, 'ms'],
    ['largest contentful paint', seen.largestContentfulPaintMs, 'ms'],
    ['layout shift', seen.layoutShift, 'score'],
    ['page weight', seen.bytes, 'bytes'],
    ['requests', seen.requests, 'count'],
    ['console errors', seen.consoleErrors.count, 'count'],
    ['failed requests', seen.failedRequests.count, 'count'],
    ['accessibility violations', violations, 'count'],
  ]
  return figures.flatMap(([name, value, unit]) =>
    typeof value === 'number' ? [{ name, value: rounded(value), unit }] : [],
  )
}

function evidenceOf({ text, png, ...seen }: Visit) {
  const content = excerpt(
    JSON.stringify({ ...seen, text: excerpt(text, 2000), png: png ? `${png.length} bytes` : null }, null, 2),
  )
  return { name: 'page', mediaType: 'application/json' as const, content }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

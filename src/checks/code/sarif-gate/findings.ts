// SARIF 2.1.0 as findings that count: with their level and score, without what was suppressed or is gone.
import { z } from 'zod'
import { plural } from '../../../lib/plural.ts'
import { Unreadable } from '../report-file.ts'

export type Level = 'error' | 'warning' | 'note' | 'none'
const level = z.enum(['error', 'warning', 'note', 'none'])

const properties = z.record(z.string(), z.unknown()).optional()
const ruleShape = z.object({
  id: z.string(),
  defaultConfiguration: z.object({ level: level.optional() }).optional(),
  properties,
})
const component = z.object({ name: z.string(), rules: z.array(ruleShape).default([]) })
const index = z.number().int().optional()
const result = z.object({
  ruleId: z.string().optional(),
  ruleIndex: index,
  rule: z.object({ id: z.string().optional(), index, toolComponent: z.object({ index }).optional() }).optional(),
  level: level.optional(),
  kind: z.string().optional(),
  message: z.object({ text: z.string().optional() }).optional(),
  baselineState: z.enum(['new', 'unchanged', 'updated', 'absent']).optional(),
  suppressions: z
    .array(z.object({ status: z.string().optional() }))
    .optional()
    .nullable(),
  locations: z
    .array(
      z.object({
        physicalLocation: z
          .object({
            artifactLocation: z.object({ uri: z.string().optional() }).optional(),
            region: z.object({ startLine: z.number().optional() }).optional(),
          })
          .optional(),
      }),
    )
    .default([]),
  properties,
})
const run = z.object({
  tool: z.object({ driver: component, extensions: z.array(component).default([]) }),
  results: z.array(result).optional().nullable(),
  invocations: z
    .array(
      z.object({
        executionSuccessful: z.boolean().optional(),
        endTimeUtc: z.string().optional(),
        toolExecutionNotifications: z.array(z.object({ level: z.string().optional() })).optional(),
      }),
    )
    .default([]),
})
const log = z.object({ version: z.literal('2.1.0'), runs: z.array(run) })

type Run = z.infer<typeof run>
type Result = z.infer<typeof result>

export interface Finding {
  rule: string
  level: Level
  /** The tool's `security-severity`, 0 to 10, or null. */
  score: number | null
  /** `src/a.ts:12`, or nothing. */
  place: string
  message: string
  isNew: boolean
}

export interface Scan {
  tool: string
  findings: Finding[]
  suppressed: number
  /** Why this run is no whole scan, or null. */
  doubt: string | null
}

/** One scan a run. @throws Unreadable where it is no SARIF 2.1.0. */
export function readSarif(path: string, text: string): Scan[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Unreadable(`${path} is not JSON`)
  }
  const parsed = log.safeParse(value)
  if (!parsed.success) throw new Unreadable(`${path} is not SARIF 2.1.0`)
  return parsed.data.runs.map(scanOf)
}

function scanOf(given: Run): Scan {
  const results = given.results ?? []
  const open = results.filter((found) => isFinding(found) && !isSuppressed(found))
  return {
    tool: given.tool.driver.name,
    findings: open.map((found) => findingOf(given, found)),
    suppressed: results.filter((found) => isFinding(found) && isSuppressed(found)).length,
    doubt: doubtOf(given),
  }
}

function doubtOf({ invocations, results }: Run): string | null {
  if (invocations.some(({ executionSuccessful }) => executionSuccessful === false)) return 'did not run to its end'
  const notes = invocations.flatMap(({ toolExecutionNotifications }) => toolExecutionNotifications ?? [])
  const errors = notes.filter((note) => note.level === 'error').length
  // What it could not read it has not scanned.
  if (errors > 0) return `met ${plural(errors, 'error')} on its way`
  // By the standard absent results mean that nothing was scanned, an empty list that nothing was found.
  return results ? null : 'has no list of results'
}

/** What passed, or does not apply, is no finding; neither is what is there no more. */
function isFinding({ kind = 'fail', baselineState }: Result): boolean {
  return kind === 'fail' && baselineState !== 'absent'
}

/** A suppression that is under review, or was rejected, suppresses nothing. */
function isSuppressed({ suppressions }: Result): boolean {
  return (
    (suppressions ?? []).length > 0 && (suppressions ?? []).every(({ status = 'accepted' }) => status === 'accepted')
  )
}

function findingOf(given: Run, found: Result): Finding {
  const rule = ruleOf(given, found)
  const place = found.locations[0]?.physicalLocation
  const file = place?.artifactLocation?.uri ?? ''
  const score = Number(found.properties?.['security-severity'] ?? rule?.properties?.['security-severity'] ?? Number.NaN)
  return {
    rule: found.ruleId ?? found.rule?.id ?? rule?.id ?? 'a rule without a name',
    level: found.level ?? rule?.defaultConfiguration?.level ?? 'warning',
    score: Number.isFinite(score) ? score : null,
    place: place?.region?.startLine === undefined ? file : `${file}:${place.region.startLine}`,
    message: found.message?.text ?? '',
    isNew: found.baselineState === undefined || found.baselineState !== 'unchanged',
  }
}

function ruleOf({ tool }: Run, found: Result): z.infer<typeof ruleShape> | undefined {
  const extension = found.rule?.toolComponent?.index
  const rules = extension === undefined || extension < 0 ? tool.driver.rules : (tool.extensions[extension]?.rules ?? [])
  const id = found.ruleId ?? found.rule?.id
  const at = found.ruleIndex ?? found.rule?.index ?? -1
  // A rule's id may be the beginning of a finding's: CA1000/1 is of rule CA1000.
  return rules[at] ?? rules.find((known) => known.id === id || id?.startsWith(`${known.id}/`))
}

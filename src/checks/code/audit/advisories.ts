// What the package managers print of an audit, as advisories. Whether the audit was made at all must show in the answer.
import { z } from 'zod'
import { Unreadable } from '../report-file.ts'
import type { Manager } from '../node-project.ts'

export const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Advisory {
  /** Names of the same advisory: GHSA-..., CVE-..., the registry's number. */
  ids: string[]
  package: string
  severity: Severity
  title: string
}

/** Not known is not harmless. */
const severity = z.enum(SEVERITIES).catch('critical')
const id = z.union([z.string(), z.number()]).transform(String)

const full = z.object({
  id,
  module_name: z.string(),
  severity,
  title: z.string().default(''),
  url: z.string().default(''),
  github_advisory_id: z.string().nullish(),
  cves: z.array(z.string()).nullish(),
})
/** How many there are, by severity. */
const counts = z.record(z.string(), z.number())
const fullReport = z.object({
  advisories: z.record(z.string(), full),
  metadata: z.object({ vulnerabilities: counts }),
})

const npmVia = z.object({
  source: id,
  name: z.string(),
  severity,
  title: z.string().default(''),
  url: z.string().default(''),
})
const npmReport = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(z.string(), z.object({ via: z.array(z.union([z.string(), npmVia])) })),
  metadata: z.object({ vulnerabilities: counts }),
})

const berryLine = z.object({
  value: z.string(),
  children: z.object({ ID: id, Issue: z.string().default(''), URL: z.string().default(''), Severity: severity }),
})
const classicLine = z.object({ type: z.string(), data: z.unknown() })
const classicSummary = z.object({ vulnerabilities: counts })
const classicAdvisory = z.object({ advisory: full })

/** @throws Unreadable where what was printed is not the result of an audit. */
export function readAudit(manager: Manager, stdout: string, exitCode: number | null): Advisory[] {
  const found =
    manager === 'npm'
      ? ofNpm(stdout)
      : manager === 'yarn'
        ? ofBerry(stdout, exitCode)
        : manager === 'yarn-classic'
          ? ofClassic(stdout)
          : ofFull(stdout)
  return [...new Map(found.map((advisory) => [`${advisory.package} ${advisory.ids.join()}`, advisory])).values()]
}

function ofNpm(stdout: string): Advisory[] {
  const report = npmReport.safeParse(json(stdout))
  if (!report.success) throw new Unreadable(complaintOf(stdout))
  const found = Object.values(report.data.vulnerabilities).flatMap(({ via }) =>
    via.flatMap((cause) =>
      // A name stands for a package that is affected through another one, which is listed for itself.
      typeof cause === 'string'
        ? []
        : [
            {
              ids: [...idsIn(cause.url), cause.source],
              package: cause.name,
              severity: cause.severity,
              title: cause.title,
            },
          ],
    ),
  )
  return counted(found, report.data.metadata.vulnerabilities)
}

/** pnpm, and Yarn 2 and 3. */
function ofFull(stdout: string): Advisory[] {
  const report = fullReport.safeParse(json(stdout))
  if (!report.success) throw new Unreadable(complaintOf(stdout))
  return counted(Object.values(report.data.advisories).map(advisoryOf), report.data.metadata.vulnerabilities)
}

/** Lines of JSON, the last of which sums up. */
function ofClassic(stdout: string): Advisory[] {
  const lines = linesOf(stdout).flatMap((line) => classicLine.safeParse(json(line)).data ?? [])
  const summary = classicSummary.safeParse(lines.find(({ type }) => type === 'auditSummary')?.data)
  if (!summary.success) throw new Unreadable('there is no summary of an audit')
  const found = lines
    .filter(({ type }) => type === 'auditAdvisory')
    .map(({ data }) => {
      const parsed = classicAdvisory.safeParse(data)
      if (!parsed.success) throw new Unreadable('an advisory is not as Yarn writes them')
      return advisoryOf(parsed.data.advisory)
    })
  return counted(found, summary.data.vulnerabilities)
}

/** Where holes are counted and none is named the answer is not understood. */
function counted(found: Advisory[], known: Readonly<Record<string, number>>): Advisory[] {
  if (found.length === 0 && Object.values(known).some((count) => count > 0))
    throw new Unreadable('advisories are counted, but none is named')
  return found
}

/** Lines of JSON, one an advisory; none and exit code 0 where there is nothing. */
function ofBerry(stdout: string, exitCode: number | null): Advisory[] {
  if (stdout.trim() === '' && exitCode === 0) return []
  if (fullReport.safeParse(json(stdout)).success) return ofFull(stdout)
  const lines = linesOf(stdout)
  if (lines.length === 0) throw new Unreadable('nothing was printed')
  return lines.flatMap((line) => {
    const parsed = berryLine.safeParse(json(line))
    if (!parsed.success) throw new Unreadable(complaintOf(line))
    const { value, children } = parsed.data
    // That a package is deprecated is told among the advisories, and is none.
    if (children.ID.endsWith('(deprecation)')) return []
    return [
      {
        ids: [...idsIn(children.URL), children.ID],
        package: value,
        severity: children.Severity,
        title: children.Issue,
      },
    ]
  })
}

function advisoryOf(found: z.infer<typeof full>): Advisory {
  const named = [found.github_advisory_id ?? '', ...(found.cves ?? []), ...idsIn(found.url), found.id].filter(Boolean)
  return { ids: [...new Set(named)], package: found.module_name, severity: found.severity, title: found.title }
}

function idsIn(url: string): string[] {
  return url.match(/\b(?:GHSA(?:-[\w]{4}){3}|CVE-\d{4}-\d{4,})\b/g) ?? []
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a manager has to say instead of a result. */
function complaintOf(text: string): string {
  const { data } = z
    .object({
      message: z.string().optional(),
      error: z
        .object({ message: z.string().optional(), summary: z.string().optional(), code: z.string().optional() })
        .optional(),
    })
    .safeParse(json(text))
  const said = data?.message ?? data?.error?.message ?? (data?.error?.summary || data?.error?.code)
  return said || 'what was printed is not the result of an audit'
}

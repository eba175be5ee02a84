// The user's commands as they are run, and what they print.
import { resolve } from 'node:path'
import { z } from 'zod'
import { OutsideError } from '../../lib/errors.ts'
import { canonicalJson } from '../../lib/hash.ts'
import type { Program } from '../../lib/program.ts'
import { userProgram, type UserCommand } from '../../lib/user-command.ts'
import type { VersionCounters } from '../../plan/signal.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import type { RouterContext } from '../router.ts'
import type { Settings } from './settings.ts'

type Weights = RoutingTable['weights']

const count = z.number().min(0)
const weightsSchema = z.record(z.string().min(1), z.number().min(0))
const countersSchema = z.object({
  version: z.string().min(1),
  requests: count,
  errors: count,
  retries: count.default(0),
  inFlight: count.default(0),
  totalMs: count.default(0),
  // No figure of a distribution is better than one that was made up.
  latency: z.object({ boundsMs: z.array(z.number()), counts: z.array(count) }).default({ boundsMs: [], counts: [0] }),
})

/** Puts weights in force. A dry-run knows no table: the first version is the stable one there. */
export function setProgram(
  settings: Settings,
  context: RouterContext,
  weights: Weights,
  table?: Pick<RoutingTable, 'stable' | 'backends'>,
): Program {
  const stable = table?.stable ?? Object.keys(weights)[0] ?? ''
  const version = heaviest(Object.fromEntries(Object.entries(weights).filter(([name]) => name !== stable))) || stable
  const values = {
    stable,
    version,
    weight: String(weights[version] ?? 0),
    weights: Object.entries(weights)
      .map(([name, weight]) => `${name}=${weight}`)
      .join(','),
  }
  return commandProgram(
    settings.set,
    settings,
    context,
    values,
    canonicalJson({ weights, stable, backends: table?.backends ?? [] }),
  )
}

/** Another command, about a version or about none. */
export function commandProgram(
  command: UserCommand,
  settings: Settings,
  context: RouterContext,
  values: Readonly<Record<string, string>>,
  input?: string,
): Program {
  const named = Object.entries(values).map(([name, value]) => [`GONOGO_${name.toUpperCase()}`, value] as const)
  return userProgram(command, {
    cwd: resolve(context.directory, settings.cwd),
    env: context.env,
    variables: { ...settings.env, GONOGO_ROUTER: context.name, ...Object.fromEntries(named) },
    placeholders: values,
    ...(input === undefined ? {} : { input }),
  })
}

/** Shares of a hundred; null where nothing was printed. @throws OutsideError where that are no weights. */
export function parseWeights(stdout: string, system: string): Weights | null {
  const text = stdout.trim()
  if (text === '' || text === 'null') return null
  const given = text.startsWith('{') ? jsonOf(text) : linesOf(text)
  const parsed = weightsSchema.safeParse(given)
  const sum = parsed.success ? Object.values(parsed.data).reduce((total, weight) => total + weight, 0) : 0
  if (!parsed.success || sum <= 0)
    throw new OutsideError(system, `its \`current\` printed no weights: ${text.slice(0, 200)}`, {
      hint: 'print a line `version weight` each, or JSON {"v1": 90, "v2": 10}',
    })
  return Object.fromEntries(Object.entries(parsed.data).map(([version, weight]) => [version, (weight * 100) / sum]))
}

/** @throws OutsideError where a line is no counters. */
export function parseCounters(stdout: string, system: string): VersionCounters[] {
  const text = stdout.trim()
  const whole = text.startsWith('[') ? jsonOf(text) : null
  const given = Array.isArray(whole) ? whole : text.split('\n').filter(Boolean).map(jsonOf)
  const parsed = z.array(countersSchema).safeParse(given)
  if (parsed.success) return parsed.data
  throw new OutsideError(system, `its \`counters\` printed none: ${text.slice(0, 200)}`, {
    hint: 'print a line {"version": "v1", "requests": 100, "errors": 0} each',
  })
}

function linesOf(text: string): Record<string, number> | null {
  const pairs = text.split('\n').map((line) => /^\s*(\S+)\s+(\d+(?:\.\d+)?)\s*%?\s*$/.exec(line))
  if (pairs.includes(null)) return null
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', Number(pair?.[2])]))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The version with most of it; empty where there is none. */
export function heaviest(weights: Weights): string {
  return Object.entries(weights).toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? ''
}

// A router on the screen: its state, who has which share, and how they fare.
import type { NamedRouter, RouterHealth } from '../../app/routers.ts'
import { formatDuration } from '../../lib/duration.ts'
import { messageOf } from '../../lib/errors.ts'
import { withDeadline } from '../../lib/deadline.ts'
import { histogramQuantileMs, type VersionCounters } from '../../plan/signal.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import { mark, paint, table as columnsOf, type Mark } from '../screen.ts'

const LOOK_TIMEOUT_MS = 10_000

export interface RouterLook {
  name: string
  description: string
  /** `down`: it does not answer, or does not run. `empty`: it has no table. */
  state: 'open' | 'holding' | 'closed' | 'empty' | 'down'
  table: RoutingTable | null
  counters: VersionCounters[] | null
  health: RouterHealth | null
  /** Why it could not be looked at. */
  problem: string | null
}

/** Asks a router for all it tells. One that does not answer is a look, too. */
export async function lookAt({ name, description, router }: NamedRouter): Promise<RouterLook> {
  const look: RouterLook = {
    name,
    description,
    state: 'down',
    table: null,
    counters: null,
    health: null,
    problem: null,
  }
  try {
    const health = await router.health?.()
    if (health === null) return { ...look, problem: 'it does not run' }
    const table = await router.current()
    const counters = await router.counters(withDeadline(LOOK_TIMEOUT_MS))
    return { ...look, state: stateOf(table), table, counters, health: health ?? null }
  } catch (error) {
    return { ...look, problem: messageOf(error) }
  }
}

function stateOf(table: RoutingTable | null): RouterLook['state'] {
  if (!table) return 'empty'
  if (table.closed !== undefined) return 'closed'
  return table.hold ? 'holding' : 'open'
}

const MARKS: Record<RouterLook['state'], Mark> = {
  open: 'passed',
  holding: 'waived',
  closed: 'waived',
  empty: 'unverified',
  down: 'failed',
}

/** Some lines: what it is and how, then a row a version. */
export function routerText(look: RouterLook): string {
  const { name, description, state, table, counters, health } = look
  const lines = [`${mark(MARKS[state])} ${paint('bold', name)}  ${description}  ${stateText(look)}`]
  if (health) lines.push(paint('dim', `  ${processText(health)}`))
  if (table) lines.push('', columnsOf([headings(), ...rowsOf(table, counters, health?.out ?? [])], '  '))
  for (const note of health?.notes ?? []) lines.push(`  ${mark('unverified')} ${note}`)
  return lines.join('\n')
}

function stateText({ state, table, health, problem }: RouterLook): string {
  if (state === 'down') return paint('red', problem ?? 'down')
  if (state === 'closed') return paint('yellow', `closed: "${table?.closed ?? ''}"`)
  if (state === 'holding') return paint('yellow', `holding new requests, ${health?.held ?? 0} wait`)
  return state === 'empty' ? paint('yellow', 'has no table yet') : ''
}

function processText({ pid, address, version, node, startedAt }: RouterHealth): string {
  return `process ${pid} on ${address}, gonogo ${version}, Node ${node}, up ${formatDuration(Date.now() - startedAt)}`
}

function headings(): string[] {
  return ['version', 'share', 'requests', 'errors', 'retried', 'in flight', 'p50', 'p95', 'backends'].map((word) =>
    paint('dim', word),
  )
}

function rowsOf(table: RoutingTable, counters: readonly VersionCounters[] | null, out: readonly string[]): string[][] {
  const versions = new Set([...table.backends.map(({ version }) => version), ...Object.keys(table.weights)])
  return [...versions].map((version) => {
    const counted = counters?.find((one) => one.version === version)
    const backends = table.backends.filter((backend) => backend.version === version)
    return [
      version === table.stable ? `${version} (stable)` : version,
      `${table.weights[version] ?? 0} %`,
      ...(counted ? figuresOf(counted) : ['-', '-', '-', '-', '-', '-']),
      backends.map(({ id }) => (out.includes(id) ? paint('red', `${id} out`) : id)).join(', '),
    ]
  })
}

function figuresOf({ requests, errors, retries, inFlight, latency }: VersionCounters): string[] {
  const percent = requests === 0 ? '' : ` (${((100 * errors) / requests).toFixed(1)} %)`
  const quantile = (q: number): string => {
    const boundMs = histogramQuantileMs(latency, q)
    if (boundMs === null) return '-'
    return Number.isFinite(boundMs) ? `<= ${boundMs} ms` : '> 60 s'
  }
  const all = requests.toLocaleString('en')
  return [
    all,
    errors === 0 ? '0' : `${errors}${percent}`,
    String(retries),
    String(inFlight),
    quantile(0.5),
    quantile(0.95),
  ]
}

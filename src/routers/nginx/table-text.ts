// A routing table as the Lua side reads it: a line a fact, because there is no JSON parser in a plain nginx.
import { isIP } from 'node:net'
import { canonicalJson } from '../../lib/hash.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { RoutingTable } from '../../plan/traffic.ts'

/** Shares of all versions, the stable one last: growing a version's weight only adds clients to it. */
export interface Cut {
  version: string
  /** 0..100, ascending. */
  upTo: number
}

export function cutsOf({ weights, stable }: RoutingTable): Cut[] {
  const others = Object.keys(weights)
    .filter((version) => version !== stable && (weights[version] ?? 0) > 0)
    .toSorted()
  const cuts: Cut[] = []
  let upTo = 0
  for (const version of others) cuts.push({ version, upTo: (upTo += weights[version] ?? 0) })
  if ((weights[stable] ?? 0) > 0) cuts.push({ version: stable, upTo: 100 })
  return cuts
}

/** @throws OutsideError when the table cannot be put in force: it would send users nowhere. */
export function checkTable(system: string, { weights, backends, stable }: RoutingTable): void {
  const refuse = (message: string): never => {
    throw new OutsideError(system, `refuses the table: ${message}`)
  }
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  if (!(Math.abs(sum - 100) <= 0.01)) refuse(`weights add up to ${sum}, not to 100`)
  const served = new Set(backends.map(({ version }) => version))
  for (const [version, weight] of Object.entries(weights))
    if (weight > 0 && !served.has(version)) refuse(`${version} has weight ${weight} and no backend`)
  if (!served.has(stable)) refuse(`the stable version ${stable} has no backend`)
}

/**
 * The address of a backend as nginx takes it: no look-up may stand between a request and its answer.
 * @throws OutsideError when it is a name.
 */
function addressOf(system: string, host: string): string {
  if (host === 'localhost') return '127.0.0.1'
  const kind = isIP(host)
  if (kind === 4) return host
  if (kind === 6) return `[${host}]`
  throw new OutsideError(system, `cannot send requests to ${host}: it is a name, and nginx's Lua takes addresses`, {
    hint: 'give the address of the host, or take mode: reload',
  })
}

/** The lines without their stamp; `tableText` puts it before them. @throws OutsideError when it cannot be put in force. */
export function tableLines(system: string, table: RoutingTable): string {
  checkTable(system, table)
  const { stable, hold, closed } = table
  const cuts = cutsOf(table)
  const word = encodeURIComponent
  return [
    `stable ${word(stable)}`,
    ...cuts.map(({ version, upTo }) => `cut ${word(version)} ${upTo}`),
    // Mixed into a client's id: the same clients are not the first to try every release.
    `salt ${word(cuts.flatMap(({ version }) => (version === stable ? [] : [version])).join(' '))}`,
    ...table.backends.map(({ version, host, port }) => `backend ${word(version)} ${addressOf(system, host)} ${port}`),
    ...(hold ? ['hold yes'] : []),
    ...(closed === undefined ? [] : [`closed ${word(closed)}`]),
    `json ${canonicalJson(table)}`,
    '',
  ].join('\n')
}

/** @param stamp Of two tables in the same file the one with the greater stamp is the later one. */
export function tableText(stamp: number, lines: string): string {
  return `gonogo-table ${stamp}\n${lines}`
}

/** The table in such a text; null when it is none. */
export function readTable(text: string): RoutingTable | null {
  const json = /^json (.*)$/m.exec(text)?.[1]
  return json === undefined ? null : (JSON.parse(json) as RoutingTable)
}

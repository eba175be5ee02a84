// Who gets a request: pure decisions over a routing table.
import type { RoutingTable } from '../../plan/traffic.ts'

/** The weights as cuts of the stretch 0..100, the stable version last. */
export interface Shares {
  cuts: { version: string; upTo: number }[]
  /** More than one version has a share. */
  split: boolean
  /** Mixed into a client's id: the same clients are not the first to try every release. */
  salt: string
}

/** Cuts of a table. Growing a version's weight only adds clients to it, nobody is moved away from it. */
export function sharesOf(table: RoutingTable): Shares {
  const others = Object.keys(table.weights)
    .filter((version) => version !== table.stable && (table.weights[version] ?? 0) > 0)
    .toSorted()
  const cuts: Shares['cuts'] = []
  let upTo = 0
  for (const version of others) {
    upTo += table.weights[version] ?? 0
    cuts.push({ version, upTo })
  }
  const stableWeight = table.weights[table.stable] ?? 0
  if (stableWeight > 0) cuts.push({ version: table.stable, upTo: 100 })
  return { cuts, split: cuts.length > 1, salt: others.join(' ') }
}

/** The version at a position 0 <= position < 100. */
export function versionAt(shares: Shares, position: number): string {
  for (const cut of shares.cuts) if (position < cut.upTo) return cut.version
  // Rounding of weights that add up to 99.995: the last cut takes the rest.
  return shares.cuts.at(-1)?.version ?? ''
}

/** Where a client stands, 0 <= position < 100: FNV-1a with MurmurHash3's finish, the same in every process. */
export function positionOf(clientId: string, salt: string): number {
  let hash = 0x81_1c_9d_c5
  for (let i = 0; i < clientId.length; i++) hash = Math.imul(hash ^ clientId.charCodeAt(i), 0x01_00_01_93)
  for (let i = 0; i < salt.length; i++) hash = Math.imul(hash ^ salt.charCodeAt(i), 0x01_00_01_93)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 42_949_672.96
}

/** The version a preview header asks for (`v2`, `candidate`, `stable`), or null when the table has none like it. */
export function previewedVersion(table: RoutingTable, wanted: string): string | null {
  const served = table.backends.map((backend) => backend.version)
  if (served.includes(wanted)) return wanted
  if (wanted === 'stable') return table.stable
  return wanted === 'candidate' ? (served.find((version) => version !== table.stable) ?? null) : null
}

/** The next one in turn, counted from `turn`, that is healthy and was not tried yet; null when there is none. */
export function nextInTurn<T extends { healthy: boolean }>(
  candidates: readonly T[],
  turn: number,
  tried: readonly T[],
): T | null {
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[(turn + i) % candidates.length]
    if (candidate?.healthy && !tried.includes(candidate)) return candidate
  }
  return null
}

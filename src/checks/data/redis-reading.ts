// What INFO of Redis says, and what it means for what is kept and copied.
import { formatDuration } from '../../lib/duration.ts'
import type { AskRedis } from '../../lib/redis-client.ts'
import { formatSize } from '../../lib/size.ts'
import { bad, good, unknown, within, type Finding } from './findings.ts'
import { fieldsOf, numberIn } from './redis-session.ts'

export interface RedisReading {
  version: string
  role: 'primary' | 'replica' | null
  usedBytes: number | null
  /** Of maxmemory; null where there is no such limit. */
  usedPercent: number | null
  clientsPercent: number | null
  keys: number | null
  evictedKeys: number | null
  /** Null: nothing was read yet. */
  hitPercent: number | null
  isCluster: boolean
  persistence: {
    aof: boolean | null
    /** Points of time at which it saves; null: it does not tell. */
    savePoints: string | null
    lastSaveOk: boolean | null
    lastAofOk: boolean | null
    saveAgeMs: number | null
    changesSinceSave: number | null
  }
  replicas: { name: string; isOnline: boolean; lagMs: number | null; lagBytes: number | null }[]
  /** Of a replica: its link to the primary. */
  link: { isUp: boolean; silentMs: number | null } | null
}

const REPLICAS_MAX = 100

/** Null: what answers does not say what it is. */
export async function readRedis(ask: AskRedis): Promise<RedisReading | null> {
  const fields = fieldsOf(await ask('INFO'))
  const number = (name: string): number | null => numberIn(fields.get(name))
  const version = fields.get('redis_version') ?? fields.get('valkey_version')
  if (!version || !/^\d/.test(version)) return null
  const [hits, misses] = [number('keyspace_hits'), number('keyspace_misses')]
  const role = { master: 'primary', slave: 'replica' }[fields.get('role') ?? ''] as RedisReading['role'] | undefined
  const points = await ask('CONFIG', 'GET', 'save').catch(() => null)
  const now = await ask('TIME').catch(() => null)
  const savedAt = number('rdb_last_save_time')
  // By the server's own clock: ours may differ.
  const nowSeconds = Array.isArray(now) ? numberIn(now[0]) : null
  const linkUp = fields.get('master_link_status')
  const silent = number('master_last_io_seconds_ago')
  return {
    version,
    role: role ?? null,
    usedBytes: number('used_memory'),
    usedPercent: shareOf(number('used_memory'), number('maxmemory')),
    clientsPercent: shareOf(number('connected_clients'), number('maxclients')),
    keys: keysOf(fields),
    evictedKeys: number('evicted_keys'),
    hitPercent: hits === null || misses === null ? null : shareOf(hits, hits + misses),
    isCluster: fields.get('cluster_enabled') === '1',
    persistence: {
      aof: flag(fields.get('aof_enabled'), '1', '0'),
      savePoints: Array.isArray(points) && typeof points[1] === 'string' ? points[1] : null,
      lastSaveOk: flag(fields.get('rdb_last_bgsave_status'), 'ok', 'err'),
      lastAofOk: flag(fields.get('aof_last_write_status'), 'ok', 'err'),
      saveAgeMs: savedAt === null || nowSeconds === null ? null : Math.max(0, nowSeconds - savedAt) * 1000,
      changesSinceSave: number('rdb_changes_since_last_save'),
    },
    replicas: replicasOf(fields, number('master_repl_offset')),
    link:
      linkUp === undefined
        ? null
        : { isUp: linkUp === 'up', silentMs: silent === null || silent < 0 ? null : silent * 1000 },
  }
}

function flag(text: string | undefined, yes: string, no: string): boolean | null {
  return text === yes ? true : text === no ? false : null
}

function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || !whole ? null : Math.round((part / whole) * 1000) / 10
}

/** `db0:keys=12,expires=0,avg_ttl=0`; no such line: there is none. */
function keysOf(fields: ReadonlyMap<string, string>): number | null {
  const counts = [...fields].filter(([name]) => /^db\d+$/.test(name)).map(([, text]) => /\bkeys=(\d+)/.exec(text)?.[1])
  const isTold = fields.has('keyspace_hits') && counts.every((text) => text !== undefined)
  return isTold ? counts.reduce((sum, text) => sum + Number(text), 0) : null
}

/** `slave0:ip=10.0.0.7,port=6379,state=online,offset=1204,lag=0` */
function replicasOf(fields: ReadonlyMap<string, string>, offset: number | null): RedisReading['replicas'] {
  const lines = [...fields].filter(([name]) => /^slave\d+$/.test(name)).slice(0, REPLICAS_MAX)
  return lines.map(([, text]) => {
    const parts = new Map(text.split(',').map((part) => part.split('=', 2) as [string, string]))
    const [lag, reached] = [numberIn(parts.get('lag')), numberIn(parts.get('offset'))]
    return {
      name: `${parts.get('ip')}:${parts.get('port')}`,
      isOnline: parts.get('state') === 'online',
      lagMs: lag === null || lag < 0 ? null : lag * 1000,
      lagBytes: offset === null || reached === null ? null : Math.max(0, offset - reached),
    }
  })
}

export function persistenceFindings(
  wanted: { persistence?: 'rdb' | 'aof' | 'any' | 'none' | undefined; saveAgeMax?: number | undefined },
  { persistence: found }: RedisReading,
): Finding[] {
  const { aof, savePoints, lastSaveOk, lastAofOk, saveAgeMs, changesSinceSave } = found
  const rdb = savePoints === null ? null : savePoints !== ''
  const findings: Finding[] = []
  const kept = (isOn: boolean | null, what: string, lastOk: boolean | null): Finding => {
    if (isOn === null) return unknown(`it does not tell whether ${what} are on`)
    if (!isOn) return bad(`${what} are off`)
    if (lastOk === null) return unknown(`whether the last write of ${what} went well is not known`)
    return lastOk ? good(`${what} are on`) : bad(`the last write of ${what} failed`)
  }
  const snapshots = kept(rdb, 'snapshots', lastSaveOk)
  const appends = kept(aof, 'appends to the log', lastAofOk)
  if (wanted.persistence === 'rdb') findings.push(snapshots)
  if (wanted.persistence === 'aof') findings.push(appends)
  // One of both is enough, but one that is on and fails is not.
  if (wanted.persistence === 'any') {
    const on = [rdb === false ? [] : [snapshots], aof === false ? [] : [appends]].flat()
    findings.push(...(on.length > 0 ? on : [bad('nothing is kept: snapshots and appends are off')]))
  }
  if (wanted.persistence === 'none') {
    if (rdb === null || aof === null) findings.push(unknown('it does not tell what it keeps'))
    else findings.push(rdb || aof ? bad(`${rdb ? 'snapshots' : 'appends to the log'} are on`) : good('nothing is kept'))
  }
  if (wanted.saveAgeMax === undefined) return findings
  if (changesSinceSave === 0) return [...findings, good('nothing was written since the last save')]
  return [
    ...findings,
    ...within('last save', saveAgeMs, { max: wanted.saveAgeMax }, (ms) => `${formatDuration(ms)} ago`),
  ]
}

export function replicationFindings(
  wanted: {
    replicasMin?: number | undefined
    replicationLagMax?: number | undefined
    replicationLagBytesMax?: number | undefined
  },
  { role, replicas, link }: RedisReading,
): Finding[] {
  const { replicasMin, replicationLagMax, replicationLagBytesMax } = wanted
  const online = replicas.filter(({ isOnline }) => isOnline)
  const count = within('replicas online', role === null ? null : online.length, { min: replicasMin })
  if (replicationLagMax === undefined && replicationLagBytesMax === undefined) return count
  if (role === 'replica') {
    if (!link) return [...count, unknown('it says nothing of its primary')]
    if (!link.isUp) return [...count, bad('its link to the primary is down')]
    const bytes =
      replicationLagBytesMax === undefined ? [] : [unknown('how many bytes it is behind only its primary knows')]
    return [
      ...count,
      ...within('silence of the primary', link.silentMs, { max: replicationLagMax }, formatDuration),
      ...bytes,
    ]
  }
  if (online.length === 0) return [...count, unknown('no replica is online whose lag could be told')]
  const lags = replicas.flatMap(({ name, lagMs, lagBytes }) => [
    ...within(`lag of ${name}`, lagMs, { max: replicationLagMax }, formatDuration),
    ...within(`lag of ${name}`, lagBytes, { max: replicationLagBytesMax }, formatSize),
  ])
  return [...count, ...lags]
}

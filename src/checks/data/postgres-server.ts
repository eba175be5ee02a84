// What one look at a Postgres server finds, from the views that every server has.
import type { Ask } from './postgres-session.ts'

export interface ReplicaReading {
  name: string
  state: string
  /** Null: not known. */
  lagMs: number | null
  lagBytes: number | null
}

export interface ServerReading {
  version: string
  isReplica: boolean
  /** Whether this user is shown what other users' sessions do. */
  seesAll: boolean
  connections: number
  connectionsMax: number
  /** Of the longest open transaction; 0: there is none; null: hidden. */
  transactionMs: number | null
  waiting: number
  sizeBytes: number
  extensions: Record<string, string>
  /** Null: not asked for. Of a primary its replicas, of a replica itself. */
  replication: ReplicaReading[] | null
}

/** Of a namespace `n`: not of the server's own. `pg_toast` and its like are nobody's to mend. */
export const OURS = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'`

const SERVER = `
  SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS is_replica,
    pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all,
    (SELECT sum(numbackends) FROM pg_stat_database) AS connections,
    current_setting('max_connections') AS connections_max,
    (SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted) AS waiting,
    (SELECT 1000 * max(extract(epoch FROM clock_timestamp() - xact_start)) FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS transaction_ms,
    pg_database_size(current_database()) AS size_bytes`

const EXTENSIONS = 'SELECT extname AS name, extversion AS version FROM pg_extension WHERE extname = ANY ($1)'

/** A replica that has replayed everything reports no time. */
const OF_PRIMARY = `
  SELECT coalesce(nullif(application_name, ''), client_addr::text, pid::text) AS name, state,
    pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS lag_bytes,
    CASE WHEN replay_lsn >= pg_current_wal_lsn() THEN 0 ELSE 1000 * extract(epoch FROM replay_lag) END AS lag_ms
  FROM pg_stat_replication ORDER BY 1 LIMIT 100`

/**
 * What the primary has is known while the replica streams, and hidden from users who may not know whether it does. Else, and where the
 * log comes from an archive, the lag is the age of the last transaction: too much where nobody wrote, never too little.
 */
const OF_REPLICA = `
  SELECT 'this replica' AS name, coalesce(status, 'not streaming') AS state,
    CASE WHEN latest IS NOT NULL THEN greatest(pg_wal_lsn_diff(latest, pg_last_wal_replay_lsn()), 0) END AS lag_bytes,
    CASE WHEN latest <= pg_last_wal_replay_lsn() THEN 0
      ELSE 1000 * extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END AS lag_ms
  FROM (SELECT 1) AS one LEFT JOIN (
    SELECT status, CASE WHEN status = 'streaming' THEN greatest(latest_end_lsn, pg_last_wal_receive_lsn()) END AS latest
    FROM pg_stat_wal_receiver) AS receiver ON true`

/** Null: what answers does not say what it is. @throws what the server or the network says. */
export async function readServer(
  ask: Ask,
  wanted: { wantsReplication: boolean; extensions: readonly string[] },
): Promise<ServerReading | null> {
  const [server] = await ask(SERVER)
  if (!server?.version) return null
  const isReplica = yes(server.is_replica)
  const seesAll = yes(server.sees_all)
  const transactionMs = numberOf(server.transaction_ms)
  const extensions = wanted.extensions.length > 0 ? await ask(EXTENSIONS, [arrayOf(wanted.extensions)]) : []
  const replication = wanted.wantsReplication ? await ask(isReplica ? OF_REPLICA : OF_PRIMARY) : null
  return {
    version: server.version,
    isReplica,
    seesAll,
    connections: numberOf(server.connections) ?? Number.NaN,
    connectionsMax: numberOf(server.connections_max) ?? Number.NaN,
    transactionMs: seesAll ? Math.round(transactionMs ?? 0) : null,
    waiting: numberOf(server.waiting) ?? Number.NaN,
    sizeBytes: numberOf(server.size_bytes) ?? Number.NaN,
    extensions: Object.fromEntries(extensions.map(({ name, version }) => [String(name), String(version)])),
    replication:
      replication?.map(({ name, state, lag_ms, lag_bytes }) => ({
        name: name ?? 'a replica',
        state: state ?? 'hidden',
        lagMs: rounded(numberOf(lag_ms)),
        lagBytes: numberOf(lag_bytes),
      })) ?? null,
  }
}

const yes = (text: string | null | undefined): boolean => text === 't' || text === 'true'

/** A number as the server writes it, or null. */
export function numberOf(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) return null
  return Number(text)
}

const rounded = (value: number | null): number | null => (value === null ? null : Math.max(0, Math.round(value)))

/** An array of texts as the server reads it. */
export function arrayOf(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`
}

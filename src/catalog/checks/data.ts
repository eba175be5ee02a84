// Checks of databases, queues and backups: one line a kind.
import { backupAge } from '../../checks/data/backup-age.ts'
import { consistency } from '../../checks/data/consistency.ts'
import { featureFlag } from '../../checks/data/feature-flag.ts'
import { migrationStatus } from '../../checks/data/migration-status.ts'
import { graphHealth } from '../../checks/data/graph-health.ts'
import { postgresConstraints } from '../../checks/data/postgres-constraints.ts'
import { postgresHealth } from '../../checks/data/postgres-health.ts'
import { postgresIndexes } from '../../checks/data/postgres-indexes.ts'
import { postgresSlowQueries } from '../../checks/data/postgres-slow-queries.ts'
import { queueDepth } from '../../checks/data/queue-depth.ts'
import { redisPing } from '../../checks/data/redis-ping.ts'
import { redisState } from '../../checks/data/redis-state.ts'
import { restoreTested } from '../../checks/data/restore-tested.ts'
import { sqlCount } from '../../checks/data/sql-count.ts'
import { sqliteIntegrity } from '../../checks/data/sqlite-integrity.ts'
import { sqliteState } from '../../checks/data/sqlite-state.ts'

export const data = [
  sqliteIntegrity,
  sqliteState,
  sqlCount,
  postgresHealth,
  postgresIndexes,
  postgresConstraints,
  postgresSlowQueries,
  redisPing,
  redisState,
  graphHealth,
  queueDepth,
  featureFlag,
  consistency,
  migrationStatus,
  backupAge,
  restoreTested,
] as const

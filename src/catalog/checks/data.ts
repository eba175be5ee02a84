// Checks of databases, queues and backups: one line a kind.

export const data = {
  'sqlite-integrity': async () => (await import('../../checks/data/sqlite-integrity.ts')).sqliteIntegrity,
  'sqlite-state': async () => (await import('../../checks/data/sqlite-state.ts')).sqliteState,
  'sql-count': async () => (await import('../../checks/data/sql-count.ts')).sqlCount,
  'postgres-health': async () => (await import('../../checks/data/postgres-health.ts')).postgresHealth,
  'postgres-indexes': async () => (await import('../../checks/data/postgres-indexes.ts')).postgresIndexes,
  'postgres-constraints': async () => (await import('../../checks/data/postgres-constraints.ts')).postgresConstraints,
  'postgres-slow-queries': async () => (await import('../../checks/data/postgres-slow-queries.ts')).postgresSlowQueries,
  'redis-ping': async () => (await import('../../checks/data/redis-ping.ts')).redisPing,
  'redis-state': async () => (await import('../../checks/data/redis-state.ts')).redisState,
  'graph-health': async () => (await import('../../checks/data/graph-health.ts')).graphHealth,
  'queue-depth': async () => (await import('../../checks/data/queue-depth.ts')).queueDepth,
  'feature-flag': async () => (await import('../../checks/data/feature-flag.ts')).featureFlag,
  consistency: async () => (await import('../../checks/data/consistency.ts')).consistency,
  'migration-status': async () => (await import('../../checks/data/migration-status.ts')).migrationStatus,
  'backup-age': async () => (await import('../../checks/data/backup-age.ts')).backupAge,
  'restore-tested': async () => (await import('../../checks/data/restore-tested.ts')).restoreTested,
}

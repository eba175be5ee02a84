// Checks of databases, queues and backups: one line a kind.
import { backupAge } from '../../checks/data/backup-age.ts'
import { consistency } from '../../checks/data/consistency.ts'
import { migrationStatus } from '../../checks/data/migration-status.ts'
import { redisPing } from '../../checks/data/redis-ping.ts'
import { sqlCount } from '../../checks/data/sql-count.ts'
import { sqliteIntegrity } from '../../checks/data/sqlite-integrity.ts'

export const data = [sqliteIntegrity, sqlCount, redisPing, consistency, backupAge, migrationStatus] as const

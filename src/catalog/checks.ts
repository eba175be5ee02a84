// Every kind of check.
import { gitState } from '../checks/code/git-state.ts'
import { backupAge } from '../checks/data/backup-age.ts'
import { consistency } from '../checks/data/consistency.ts'
import { migrationStatus } from '../checks/data/migration-status.ts'
import { redisPing } from '../checks/data/redis-ping.ts'
import { sqlCount } from '../checks/data/sql-count.ts'
import { sqliteIntegrity } from '../checks/data/sqlite-integrity.ts'
import { dns } from '../checks/network/dns.ts'
import { http } from '../checks/network/http.ts'
import { tcp } from '../checks/network/tcp.ts'
import { tls } from '../checks/network/tls.ts'
import { command } from '../checks/system/command.ts'
import { disk } from '../checks/system/disk.ts'
import { env } from '../checks/system/env.ts'
import { filePermissions } from '../checks/system/file-permissions.ts'
import { memory } from '../checks/system/memory.ts'
import { nodeVersion } from '../checks/system/node-version.ts'

export const checks = [
  http,
  tcp,
  tls,
  dns,
  sqliteIntegrity,
  sqlCount,
  redisPing,
  consistency,
  backupAge,
  migrationStatus,
  env,
  nodeVersion,
  disk,
  memory,
  filePermissions,
  command,
  gitState,
] as const

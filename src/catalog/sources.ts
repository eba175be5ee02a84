// Every signal source there is: one line a kind.
import { haproxy } from '../signals/sources/haproxy.ts'
import { health } from '../signals/sources/health.ts'
import { httpJson } from '../signals/sources/http-json.ts'
import { nginxLog } from '../signals/sources/nginx-log.ts'
import { otlp } from '../signals/sources/otlp.ts'
import { processUsage } from '../signals/sources/process.ts'
import { prometheus } from '../signals/sources/prometheus.ts'
import { redis } from '../signals/sources/redis.ts'
import { router } from '../signals/sources/router.ts'
import { sql } from '../signals/sources/sql.ts'
import { sqliteIntegrity } from '../signals/sources/sqlite-integrity.ts'

/** Those that need nothing beside the release come first: of several that give a signal, the first is proposed. */
export const sources = [
  router,
  health,
  processUsage,
  sqliteIntegrity,
  haproxy,
  httpJson,
  nginxLog,
  otlp,
  prometheus,
  redis,
  sql,
] as const

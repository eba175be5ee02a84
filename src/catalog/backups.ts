// Every kind of backup there is: one line a kind.
import { postgres } from '../backups/postgres.ts'
import { redis } from '../backups/redis.ts'
import { sqlite } from '../backups/sqlite.ts'

export const backups = [sqlite, postgres, redis] as const

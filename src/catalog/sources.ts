// Every signal source there is: one line a kind.
import { health } from '../signals/sources/health.ts'
import { processUsage } from '../signals/sources/process.ts'
import { router } from '../signals/sources/router.ts'
import { sqliteIntegrity } from '../signals/sources/sqlite-integrity.ts'

export const sources = [health, processUsage, router, sqliteIntegrity] as const

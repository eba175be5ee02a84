// Every kind of database: one line a kind.
import { postgres } from '../databases/postgres.ts'
import { sqlite } from '../databases/sqlite.ts'

export const databases = [sqlite, postgres] as const

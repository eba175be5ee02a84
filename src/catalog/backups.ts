// Every kind of backup there is: one line a kind.
import { sqlite } from '../backups/sqlite.ts'

export const backups = [sqlite] as const

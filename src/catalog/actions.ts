// Every kind of action.
import { command } from '../actions/command.ts'
import { dataFix } from '../actions/data-fix.ts'
import { migration } from '../actions/migration.ts'

export const actions = [command, dataFix, migration] as const

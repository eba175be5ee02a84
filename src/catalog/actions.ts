// Every kind of action.
import { command } from '../actions/command.ts'
import { dataFix } from '../actions/data-fix.ts'
import { maintenance } from '../actions/maintenance.ts'
import { migration } from '../actions/migration.ts'

export const actions = [command, dataFix, maintenance, migration] as const

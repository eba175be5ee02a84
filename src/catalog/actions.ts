// Every kind of action.
import { command } from '../actions/command.ts'

export const actions = [command] as const

// Checks of the repository: one line a kind.
import { gitState } from '../../checks/code/git-state.ts'

export const code = [gitState] as const

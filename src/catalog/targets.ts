// Every kind of target there is: one line a kind.
import { processGroup } from '../targets/process-group.ts'

export const targets = [processGroup] as const

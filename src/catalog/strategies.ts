// Every strategy there is: one line a kind.
import { blueGreen } from '../strategies/blue-green.ts'
import { canary } from '../strategies/canary.ts'

export const strategies = [blueGreen, canary] as const

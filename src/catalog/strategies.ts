// Every strategy there is: one line a kind.
import { atOnce } from '../strategies/at-once.ts'
import { blueGreen } from '../strategies/blue-green.ts'
import { canary } from '../strategies/canary.ts'
import { rolling } from '../strategies/rolling.ts'

export const strategies = [canary, blueGreen, rolling, atOnce] as const

// Checks of speed under load and in a browser: one line a kind.
import { benchmark } from '../../checks/performance/benchmark.ts'
import { load } from '../../checks/performance/load.ts'
import { page } from '../../checks/performance/page.ts'

export const performance = [load, page, benchmark] as const

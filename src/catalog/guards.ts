// Every kind of guard: one line a kind.
import { bound } from '../guards/kinds/bound.ts'
import { compoundOf } from '../guards/kinds/compound.ts'
import { count } from '../guards/kinds/count.ts'
import { failureLimit } from '../guards/kinds/failure-limit.ts'
import { growth } from '../guards/kinds/growth.ts'
import { kayenta } from '../guards/kinds/kayenta.ts'
import { stepThreshold } from '../guards/kinds/step-threshold.ts'
import { verdict } from '../guards/kinds/verdict.ts'

/** What a compound may be made of: all others. */
const simple = [bound, growth, count, failureLimit, stepThreshold, kayenta, verdict] as const

/** Each has a state of its own, which no one else can name. */
export const guards: readonly unknown[] = [...simple, compoundOf(simple)]

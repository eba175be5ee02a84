// Outcomes in the form they are recorded in. Errors keep their class across a replay, and a first execution sees exactly
// what a replay will see: otherwise the same code could take another path the second time.
import { OutsideError, PlanError } from '../lib/errors.ts'
import type { PlanErrorPlace } from '../lib/errors.ts'

export type Recorded<T> = { value: T } | { error: RecordedError }

type RecordedError = { message: string; stack: string } & (
  | { type: 'plan'; place: PlanErrorPlace }
  | { type: 'outside'; system: string; retryable: boolean; hint?: string }
  | { type: 'other'; name: string }
)

/** Runs `work` and gives its value or its error as plain JSON. Never rejects. */
export async function record<T>(work: () => Promise<T>): Promise<Recorded<T>> {
  try {
    const value = await work()
    return value === undefined ? { value } : { value: JSON.parse(JSON.stringify(value)) as T }
  } catch (error) {
    return { error: recordError(error) }
  }
}

function recordError(thrown: unknown): RecordedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { message, name, stack = '' } = error
  if (error instanceof PlanError) return { type: 'plan', message, stack, place: error.place }
  if (error instanceof OutsideError) {
    const { system, retryable, hint } = error
    return { type: 'outside', message, stack, system, retryable, ...(hint !== undefined && { hint }) }
  }
  return { type: 'other', message, stack, name }
}

/** The value, or the error thrown again with its own class. */
export function replay<T>(recorded: Recorded<T>): T {
  if (!('error' in recorded)) return recorded.value
  throw reviveError(recorded.error)
}

function reviveError(recorded: RecordedError): Error {
  const error = construct(recorded)
  error.stack = recorded.stack
  return error
}

function construct(recorded: RecordedError): Error {
  const { message } = recorded
  if (recorded.type === 'plan') return new PlanError(message, recorded.place)
  if (recorded.type === 'outside') return new OutsideError(recorded.system, message, recorded)
  return Object.assign(new Error(message), { name: recorded.name })
}

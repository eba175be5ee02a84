// The JSON that Jest and Vitest write.
import { z } from 'zod'
import { Unreadable } from '../report-file.ts'
import { FAILURES_MAX, type TestTally } from './tally.ts'

const count = z.number().int().nonnegative()
const shape = z.object({
  success: z.boolean(),
  numTotalTests: count,
  numFailedTests: count,
  numPendingTests: count.default(0),
  numTodoTests: count.default(0),
  numFailedTestSuites: count.default(0),
  numRuntimeErrorTestSuites: count.default(0),
  testResults: z
    .array(
      z.object({
        name: z.string().default(''),
        status: z.string().optional(),
        assertionResults: z.array(z.object({ fullName: z.string().optional(), status: z.string() })).default([]),
      }),
    )
    .default([]),
})

/** @throws Unreadable where it is no such report. */
export function readJestJson(path: string, value: unknown): TestTally {
  const result = shape.safeParse(value)
  if (!result.success) throw new Unreadable(`${path} is not a report of Jest or Vitest`)
  const run = result.data
  const failing = run.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed'),
  )
  // A file that did not load has no test that failed, and is a failure.
  const broken = run.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const counted = Math.max(run.numFailedTests, failing.length) + Math.max(broken.length, run.numRuntimeErrorTestSuites)
  return {
    tests: run.numTotalTests,
    failed: run.success ? counted : Math.max(counted, run.numFailedTestSuites, 1),
    skipped: run.numPendingTests + run.numTodoTests,
    failures: [
      ...failing.map(({ fullName }) => fullName ?? 'a test without a name'),
      ...broken.map(({ name }) => name),
    ].slice(0, FAILURES_MAX),
  }
}

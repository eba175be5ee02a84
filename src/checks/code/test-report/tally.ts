// What a test run came to, whatever wrote it down.

export interface TestTally {
  tests: number
  /** Failures and errors. */
  failed: number
  skipped: number
  /** Names of what failed, the first of them. */
  failures: string[]
}

export const FAILURES_MAX = 50

/** Several runs as one. */
export function addTallies(tallies: readonly TestTally[]): TestTally {
  const sum = (field: 'tests' | 'failed' | 'skipped'): number =>
    tallies.reduce((total, tally) => total + tally[field], 0)
  return {
    tests: sum('tests'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    failures: tallies.flatMap(({ failures }) => failures).slice(0, FAILURES_MAX),
  }
}

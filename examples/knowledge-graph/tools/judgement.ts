// A measured value beside what is wanted of it. Everything that is checked here ends in a list of these.

export interface Judgement {
  /** camelCase name for machines. */
  metric: string
  title: string
  value: number | string | null
  /** `0`, `< 5`, `> 95 %`. */
  wanted: string
  /** Null: could not be told, which is not a pass. */
  ok: boolean | null
}

/** Exit codes of every check: 0 as wanted, 1 not, 3 could not be told. (2: could not be run at all.) */
export function exitCodeOf(judgements: readonly Judgement[]): 0 | 1 | 3 {
  if (judgements.some((judgement) => judgement.ok === false)) return 1
  return judgements.length > 0 && judgements.every((judgement) => judgement.ok === true) ? 0 : 3
}

/** One aligned line each: what, how much, what is wanted, the verdict. */
export function formatJudgements(judgements: readonly Judgement[]): string {
  const rows = judgements.map(({ title, value, wanted, ok }) => [
    title,
    formatValue(value),
    `wanted ${wanted}`,
    ok === null ? 'UNVERIFIED' : ok ? 'passed' : 'FAILED',
  ])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

function formatValue(value: Judgement['value']): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : String(value ?? 'unknown')
}

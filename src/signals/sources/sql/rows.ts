// Rows of a query as readings: one number, or a version and a number each. Pure.
import { numberOf } from '../../signal-fields.ts'

/** Rows as the database writes them. */
export type Rows = (string | null)[][]

/** Rows that mean something: a release has two versions, a table of them a few more. */
export const ROWS_MAX = 64

/** What one row says of a version, or of the service (null). */
export interface Row {
  version: string | null
  value: number | null
  observations: number | null
}

/** @returns what the rows say, or why they say nothing. */
export function readRows(rows: Rows): Row[] | string {
  const [first] = rows
  if (!first) return 'the query answered with no row'
  if (first.length === 1) {
    return rows.length === 1
      ? [{ version: null, value: numberOf(first[0]), observations: null }]
      : 'the query answered with several rows and no version'
  }
  if (first.length > 3) return `the query answered with ${first.length} columns`
  if (rows.length > ROWS_MAX) return `the query answered with more than ${ROWS_MAX} rows`
  const versions = rows.map(([version]) => version)
  const twice = versions.find((version, index) => versions.indexOf(version) !== index)
  if (twice !== undefined) return `the query answered with several rows of ${twice}`
  return rows
    .filter(([version]) => version !== null && version !== '')
    .map(([version = null, value, observations]) => ({
      version,
      value: numberOf(value),
      observations: numberOf(observations),
    }))
}

// What a restore would lose, as aligned tables: counts per table, then the first few rows.
import type { TableDifference } from '../../backups/backup.ts'
import { cut, plainLine } from '../display-width.ts'
import { paint, table } from '../screen.ts'

const CELL_MAX = 28
const COLUMNS_MAX = 6

/** Lines to print; none where nothing differs. `keepNewer`: inserted rows are not lost then. */
export function differencesText(differences: readonly TableDifference[], keepNewer: boolean): string[] {
  if (differences.length === 0) return []
  const head = ['table', keepNewer ? 'new (kept)' : 'new (lost)', 'changed (put back)', 'deleted (come back)', '']
  const rows = differences.map(({ table: name, inserted, changed, deleted, note }) => [
    plainLine(name),
    keepNewer && note !== null && inserted > 0 ? `${inserted} (lost)` : String(inserted),
    String(changed),
    String(deleted),
    paint('dim', plainLine(note ?? '')),
  ])
  return [table([head.map((word) => paint('dim', word)), ...rows], '  '), ...differences.flatMap(samplesText)]
}

function samplesText({ table: name, key, samples }: TableDifference): string[] {
  if (samples.length === 0) return []
  const columns = [...new Set([...(key ?? []), ...samples.flatMap(({ row }) => Object.keys(row))])].slice(
    0,
    COLUMNS_MAX,
  )
  const rows = samples.map(({ change, row }) => [
    { inserted: '+', changed: '~', deleted: '-' }[change],
    ...columns.map((column) => cut(shown(row[column]), CELL_MAX)),
  ])
  return [
    `  ${plainLine(name)}`,
    table([['', ...columns.map((column) => paint('dim', plainLine(column)))], ...rows], '    '),
  ]
}

function shown(value: string | number | bigint | null | undefined): string {
  return value === null || value === undefined ? 'null' : plainLine(String(value))
}

// The comparison of two tables of two databases: one look at a moment of each, and another at what was found.
import { OutsideError } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import type { Database } from '../../databases/database.ts'
import type { GraphDatabase } from '../../databases/graph.ts'
import type { CompareContext, Found, Key } from '../rule.ts'
import type { Difference } from './differences.ts'
import { graphSide } from './graph-side.ts'
import { look, type Sides } from './look.ts'
import { findSide, pairOf, type FoundSide, type Pair, type SideOptions } from './pair.ts'
import { settle } from './settle.ts'
import type { ComparableSide, ComparedTable } from './side.ts'
import { sqlSide } from './sql-side.ts'

export interface CompareOptions {
  left: SideOptions
  right: SideOptions
  /** Places after the point to which floats are compared. */
  decimals: number
  /** What is found is looked at again so much later; 0: it counts at once. */
  recheckAfterMs: number
}

/** Values are cut to this length where they are listed. */
const SHOWN_CHARS = 60

/**
 * Counts the keys whose rows are not the same on both sides. Each side is one snapshot; the two cannot be of one moment, which is what
 * the second look is for.
 * @throws PlanError for what is not there, OutsideError when a side cannot be read.
 */
export async function compareTables(options: CompareOptions, context: CompareContext): Promise<Found> {
  const { signal, progress } = context
  const left = databaseOf(options.left, context)
  const right = databaseOf(options.right, context)
  const pair = pairOf(
    await sideOf(left, options.left, 'left', signal),
    await sideOf(right, options.right, 'right', signal),
    options.decimals,
  )
  const open = <T>(use: (sides: Sides) => Promise<T>): Promise<T> =>
    openSide(left, pair.left, signal, (leftSide) =>
      openSide(right, pair.right, signal, (rightSide) => use({ left: leftSide, right: rightSide })),
    )

  const { differences, judged } = await open((sides) => look(sides, pair.left, progress))
  const first = differences.kept()
  const unseen = differences.count - first.length
  const { recheckAfterMs } = options
  const standing =
    recheckAfterMs === 0 || first.length === 0
      ? first
      : await settle(first, { compared: pair.left, recheckAfterMs, signal, open })
  const notes = notesOf(options, {
    found: differences.count,
    looked: first.length,
    settled: first.length - standing.length,
  })
  for (const note of notes) progress(note)
  return {
    count: standing.length + unseen,
    judged,
    keys: inOrder(first, standing)
      .slice(0, context.keysMax)
      .map((difference) => keyOf(difference, options, pair)),
    notes,
  }
}

function notesOf(
  { left, right, recheckAfterMs }: CompareOptions,
  { found, looked, settled }: { found: number; looked: number; settled: number },
): string[] {
  const notes = [`a snapshot of ${left.database}.${left.table} against one of ${right.database}.${right.table}`]
  if (found === 0) return notes
  if (recheckAfterMs === 0)
    return [...notes, 'no second look: rows on their way from one side to the other are counted']
  notes.push(`${plural(looked, 'difference')} looked at again after ${recheckAfterMs} ms: ${settled} were gone by then`)
  if (found > looked) notes.push(`${found - looked} more were counted at the first look only`)
  return notes
}

/** As the first look has them. */
function inOrder(first: readonly Difference[], standing: readonly Difference[]): Difference[] {
  const place = new Map(first.map(({ id }, at) => [id, at]))
  return standing.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
}

/** The key, and what is not the same: `only in live`, `name: "Ann" / "Anne"`. */
function keyOf(difference: Difference, { left, right }: CompareOptions, { left: compared }: Pair): Key {
  const key = difference.key.map((text, at) =>
    compared.key[at]?.valueClass === 'integer' && text !== null && /^-?\d+$/.test(text) ? integerOf(text) : text,
  )
  const only = difference.type === 'only left' ? left : right
  const what =
    difference.type === 'different'
      ? difference.columns.map((column) => `${column.name}: ${shown(column.left)} / ${shown(column.right)}`).join('; ')
      : `only in ${only.database}.${only.table}`
  return [...key, what]
}

function integerOf(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

function shown(text: string | null): string {
  if (text === null) return 'null'
  return JSON.stringify(text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}...`)
}

type Either = Database | GraphDatabase

function databaseOf({ database }: SideOptions, context: CompareContext): Either {
  return context.graph?.(database) ?? context.database(database)
}

async function sideOf(database: Either, options: SideOptions, side: string, signal: AbortSignal): Promise<FoundSide> {
  if (database.engine === 'neo4j') return { engine: 'neo4j', options, columns: null, primaryKey: [] }
  return findSide(await database.schema(signal), options, side)
}

function openSide<T>(
  database: Either,
  compared: ComparedTable,
  signal: AbortSignal,
  use: (side: ComparableSide) => Promise<T>,
): Promise<T> {
  if (database.engine === 'neo4j') return database.read(signal, (reader) => use(graphSide(reader, compared)))
  const { engine, identity } = database
  return database.snapshot(1, signal, async ({ sessions: [session] }) => {
    if (!session) throw new OutsideError(engine, `${identity} gave no session`)
    if (engine === 'postgres') {
      const [row] = await session.all({ sql: `SELECT current_setting('server_encoding') AS encoding`, parameters: [] })
      if (row?.encoding !== 'UTF8')
        throw new OutsideError('postgres', `${identity} is encoded in ${String(row?.encoding)}`, {
          hint: 'only databases in UTF8 can be compared',
        })
    }
    return use(sqlSide(session, engine, compared))
  })
}

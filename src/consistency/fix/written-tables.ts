// Which tables a statement would write, asked of the engine's own plan: what is not declared cannot be logged, so it is refused.
import { sql } from 'kysely'
import type { Row } from '../../databases/database.ts'
import { PlanError } from '../../lib/errors.ts'
import { triggersOf } from './engine-catalogue.ts'
import type { SqlSession } from './sql.ts'

/** @throws PlanError for several statements, one that is no change of rows, or one that changes tables which are not declared. */
export async function requireDeclared(
  session: SqlSession,
  statement: string,
  tables: readonly string[],
): Promise<void> {
  requireOneChange(session.engine, statement)
  const found =
    session.engine === 'sqlite'
      ? await writtenBySqlite(session, statement)
      : await writtenByPostgres(session, statement)
  const isDeclared = (table: string): boolean =>
    tables.some((declared) => declared.toLowerCase() === table.toLowerCase())
  const undeclared = found.filter((table) => !isDeclared(table))
  if (undeclared.length > 0)
    throw new PlanError(`the statement also changes ${undeclared.join(', ')}, which could not be undone`, {
      expected: `\`tables\` with ${found.join(', ')}`,
    })
}

/** Quoted text, names and comments, in which a semicolon ends nothing. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\//g

function requireOneChange(engine: SqlSession['engine'], statement: string): void {
  const bare = statement.replaceAll(QUOTED, ' ').trim()
  const expected = 'one INSERT, UPDATE or DELETE (WITH may stand before it)'
  if (engine === 'postgres' && /\$\w*\$/.test(bare))
    throw new PlanError('dollar quotes are not read here', { expected })
  if (/;\s*\S/.test(bare)) throw new PlanError('there are several statements', { expected })
  if (!/^(?:insert|update|delete|replace|with)\b/i.test(bare))
    throw new PlanError('the statement changes no rows', { expected })
}

/** Programs of triggers are part of the listing. */
async function writtenBySqlite(session: SqlSession, statement: string): Promise<string[]> {
  const program = await session.all(sql.raw(`EXPLAIN ${statement}`))
  const virtual = program.find(({ opcode }) => opcode === 'VUpdate')
  if (virtual) throw new PlanError('the statement changes a virtual table, which cannot be logged')
  const roots = new Set(program.flatMap((row) => rootPage(row) ?? []))
  const named = await session.all(sql`SELECT DISTINCT tbl_name, rootpage FROM sqlite_schema WHERE rootpage > 0`)
  const tables = named.filter(({ rootpage }) => roots.has(Number(rootpage))).map(({ tbl_name }) => String(tbl_name))
  return [...new Set(tables)].filter((table) => table !== 'sqlite_sequence')
}

/** Cursors of the main database that write, and DELETE of all rows, which needs no cursor. */
function rootPage({ opcode, p1, p2, p3 }: Row): number | null {
  if (opcode === 'OpenWrite' && Number(p3) === 0) return Number(p2)
  return opcode === 'Clear' && Number(p2) === 0 ? Number(p1) : null
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  Plans?: PlanNode[]
}

/** A plan does not show what triggers do. */
async function writtenByPostgres(session: SqlSession, statement: string): Promise<string[]> {
  const [row] = await session.all(sql.raw(`EXPLAIN (FORMAT JSON) ${statement}`))
  const text = Object.values(row ?? {})[0] as unknown
  const [explained] = (typeof text === 'string' ? JSON.parse(text) : text) as { Plan: PlanNode }[]
  const nodes: PlanNode[] = []
  const visit = (node: PlanNode): void => {
    nodes.push(node)
    node.Plans?.forEach(visit)
  }
  if (explained) visit(explained.Plan)
  const tables = nodes.flatMap((node) => (node['Node Type'] === 'ModifyTable' ? (node['Relation Name'] ?? []) : []))
  for (const table of tables) {
    const [trigger] = await triggersOf(session, table)
    if (trigger)
      throw new PlanError(`${table} has the trigger ${trigger}, and Postgres does not say which tables it changes`, {
        hint: 'use a fix of another kind, or disable the trigger meanwhile',
      })
  }
  return [...new Set(tables)]
}

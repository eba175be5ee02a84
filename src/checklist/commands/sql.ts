// SQL in a checklist: which programs take it, what a text of it does, its statements with the comments that name them.
import type { Call } from './shell-calls.ts'

const CLIENTS =
  /^(?:psql|pgcli|mysql|mariadb|sqlite3?|clickhouse-client|cockroach|duckdb|sqlcmd|snowsql|cqlsh|bq|usql|isql|trino|wrangler)$/
const QUERY_OPTION = /^(?:-c|-e|-q|-Q|--command|--execute|--query|--sql)$/

/** Whether a program runs SQL that it is given. */
export function isSqlClient(program: string): boolean {
  return CLIENTS.test(program)
}

/** The SQL texts that a client is given: behind an option, as a word of its own, or by heredoc. */
export function sqlOf({ args, text }: Pick<Call, 'args' | 'text'>): string[] {
  const texts = args.flatMap((arg, index) => {
    if (QUERY_OPTION.test(args[index - 1] ?? '')) return [arg]
    const joined = /^(?:--(?:command|execute|query|sql)=|-[ce](?=\S))([^]*)$/.exec(arg)?.[1]
    if (joined !== undefined) return [joined]
    return /\s/.test(arg) && STATEMENT.test(arg) ? [arg] : []
  })
  return text === null ? texts : [...texts, text]
}

const STATEMENT =
  /^\s*(?:SELECT|SHOW|EXPLAIN|PRAGMA|WITH|VALUES|TABLE|DESCRIBE|DESC|INSERT|UPDATE|DELETE|DROP|TRUNCATE|ALTER|CREATE|GRANT|REVOKE|VACUUM|ANALYZE|REINDEX|CALL|SET|COPY|MERGE|REPLACE|BEGIN|COMMIT|ROLLBACK|\\|\.)/i
const DESTROYS =
  /\b(?:DROP|TRUNCATE)\b|\bDELETE\s+FROM\b|\bUPDATE\s+(?:ONLY\s+)?\S+(?:\s+(?:AS\s+)?\w+)?\s+SET\b|\bREPLACE\s+INTO\b|\bpg_terminate_backend\b/i
const LOOKS =
  /^\s*(?:SELECT|SHOW|EXPLAIN(?!\s+\(?ANALY[SZ]E)|PRAGMA\s+\w+\s*(?:\(|$)|VALUES|TABLE|DESCRIBE|DESC|WITH|\\(?:d|l|z|conninfo|x|timing)|\.(?:tables|schema|databases|indexes))/i
/** Functions and clauses by which a SELECT changes something. */
const CHANGES_INSIDE =
  /\b(?:INTO|INSERT|UPDATE|DELETE|nextval|setval|pg_(?:terminate|cancel|reload|switch|create|drop|promote|advisory)\w*|lo_(?:import|unlink|export)|dblink\w*|schedule|unschedule)\b|\bFOR\s+UPDATE\b/i

/** What a text does: take something away, only look, or something between. */
export function changesSql(text: string): 'destroys' | 'changes' | 'looks' {
  const bare = withoutLiterals(text)
  if (DESTROYS.test(bare)) return 'destroys'
  const statements = bare.split(/;|\n(?=\s*\\)/).filter((statement) => statement.trim() !== '')
  const looks = statements.every((statement) => LOOKS.test(statement) && !CHANGES_INSIDE.test(statement))
  return looks && statements.length > 0 ? 'looks' : 'changes'
}

/** Comments and what stands in quotes taken out, so that `'DROP'` as a value does not count. */
function withoutLiterals(text: string): string {
  return text.replace(/--[^\n]*|\/\*[^]*?\*\/|'[^']*'|"[^"]*"/g, (piece) => (piece.startsWith('"') ? '"x"' : " ''"))
}

/** Whether a text begins like a statement. */
export function isSqlText(text: string): boolean {
  return STATEMENT.test(text) && !/^\s*(?:psql|mysql|sqlite3)\s/m.test(text)
}

export interface SqlPiece {
  title: string | null
  /** 0-based within the block. */
  line: number
  text: string
}

/** The commented paragraphs of a block; text in front of the first comment is one of its own. */
export function readSqlPieces(value: string): SqlPiece[] {
  const pieces: SqlPiece[] = []
  let title: string | null = null
  let open: SqlPiece | null = null
  for (const [line, text] of value.split('\n').entries()) {
    const comment = /^\s*--\s*(.*)$/.exec(text)?.[1]
    if (comment !== undefined && (open === null || /;\s*$/.test(open.text.trimEnd()))) {
      open = null
      title ??= comment.trim() === '' ? null : comment.trim()
    } else if (text.trim() !== '' || open) {
      if (open) open.text += `\n${text}`
      else {
        open = { title, line, text }
        pieces.push(open)
        title = null
      }
    }
  }
  return pieces.map((piece) => ({ ...piece, text: piece.text.trim() }))
}

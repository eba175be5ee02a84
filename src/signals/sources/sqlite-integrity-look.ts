// One integrity look at a SQLite file, as a process of its own: it can be killed in the middle, and blocks nobody.
// argv: database path, `quick_check` or `integrity_check`, busy time-out in milliseconds. Prints one IntegrityLook as JSON.
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../lib/errors.ts'

/** `problems` empty: sound. Null: could not be looked at, `why` says why. */
export interface IntegrityLook {
  problems: string[] | null
  why: string | null
}

const PROBLEMS_MAX = 5
/** SQLITE_CORRUPT and SQLITE_NOTADB: the file itself is bad. Anything else only kept us from looking. */
const DAMAGE_CODES = new Set([11, 26])

function look(path: string, pragma: string, busyTimeoutMs: number): IntegrityLook {
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs })
    const rows = database.prepare(`PRAGMA ${pragma}(${PROBLEMS_MAX})`).all()
    database.close()
    const findings = rows.map((row) => String(Object.values(row)[0]))
    if (findings.length === 0) return { problems: null, why: `${pragma} said nothing` }
    return { problems: findings.filter((finding) => finding !== 'ok'), why: null }
  } catch (error) {
    // The lower byte is the primary code of an extended one.
    const code = Number((error as { errcode?: unknown }).errcode) & 0xff
    return DAMAGE_CODES.has(code)
      ? { problems: [messageOf(error)], why: null }
      : { problems: null, why: messageOf(error) }
  }
}

const [path = '', pragma, busyTimeoutMs] = process.argv.slice(2)
const checked = pragma === 'integrity_check' ? 'integrity_check' : 'quick_check'
process.stdout.write(JSON.stringify(look(path, checked, Number(busyTimeoutMs) || 0)))

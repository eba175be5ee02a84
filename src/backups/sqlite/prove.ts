// The proof of a copy: its structure, its rows, its hash.
import { statSync } from 'node:fs'
import { messageOf } from '../../lib/errors.ts'
import { countRows, explained, isDamage, openCopy } from '../../databases/sqlite/open.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { hashBeside } from './run-beside.ts'
import type { Check, Proof } from './tasks.ts'

/** More findings than this say nothing new. */
const PROBLEMS_MAX = 10
/** Below this, starting a process takes longer than hashing. */
const HASH_BESIDE_BYTES = 64 << 20

/** Checks and hashes, side by side when large: either can be the slower one. Bad news about the content is in `problems`. */
export async function prove(file: string, check: Check): Promise<Proof> {
  const method = `${check}_check`
  const hashing = statSync(file).size < HASH_BESIDE_BYTES ? null : hashBeside(file)
  const { problems, rows } = inspect(file, method)
  return { method, problems, rows, sha256: await (hashing ?? hashFile(file)) }
}

function inspect(file: string, method: string): Pick<Proof, 'problems' | 'rows'> {
  try {
    return explained(file, () => {
      using copy = openCopy(file)
      const found = copy.prepare(`PRAGMA ${method}(${PROBLEMS_MAX})`).all()
      const problems = found.map((row) => String(row[method])).filter((text) => text !== 'ok')
      return { problems, rows: problems.length > 0 ? {} : countRows(copy) }
    })
  } catch (error) {
    if (isDamage(error)) return { problems: [messageOf(error)], rows: {} }
    throw error
  }
}

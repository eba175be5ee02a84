// Destroys one page of an index behind SQLite's back. For drills: this is what the integrity check must find.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { DatabaseSync } from 'node:sqlite'

const { values } = parseArgs({ options: { database: { type: 'string' } } })
if (!values.database) throw new Error('which one? --database PATH')

const { page, pageBytes } = findPage(values.database)
const file = openSync(values.database, 'r+')
writeSync(file, Buffer.alloc(pageBytes, 0xdb), 0, pageBytes, (page - 1) * pageBytes)
fsyncSync(file)
closeSync(file)
console.log(`page ${page} of ${values.database} is garbage now`)

/** A leaf in the middle of the index that only writes and consistency checks read. */
function findPage(path: string): { page: number; pageBytes: number } {
  using database = new DatabaseSync(path, { timeout: 5000 })
  // What stands in the write-ahead log would hide the damage or heal it later.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const leaves = database
    .prepare(`SELECT pageno, pgsize FROM dbstat WHERE name = 'relationships_semantic_id' AND pagetype = 'leaf'`)
    .all()
  const leaf = leaves[Math.floor(leaves.length / 2)]
  if (!leaf) throw new Error(`${path}: has no index relationships_semantic_id`)
  return { page: Number(leaf.pageno), pageBytes: Number(leaf.pgsize) }
}

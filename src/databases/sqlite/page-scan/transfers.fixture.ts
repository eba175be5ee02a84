// A bank's writer for tests: `transfers.fixture.ts FILE` moves money between accounts until it is killed; the sum stays what it is.
import { DatabaseSync } from 'node:sqlite'

const database = new DatabaseSync(process.argv[2] ?? '', { timeout: 10_000 })
database.exec(
  'PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=50; CREATE TABLE IF NOT EXISTS transfers (id INTEGER PRIMARY KEY)',
)
const { accounts } = database.prepare('SELECT count(*) AS accounts FROM accounts').get() as { accounts: number }
const move = database.prepare('UPDATE accounts SET balance = balance + ? WHERE id = ?')
const note = database.prepare('INSERT INTO transfers DEFAULT VALUES')
const idle = new Int32Array(new SharedArrayBuffer(4))
process.send?.('ready')
for (let turn = 1; ; turn++) {
  database.exec('BEGIN IMMEDIATE')
  move.run(-turn, 1 + ((turn * 7919) % accounts))
  move.run(turn, 1 + ((turn * 104_729) % accounts))
  note.run()
  database.exec('COMMIT')
  // Leaves some of the processor to what is tested.
  if (turn % 10 === 0) Atomics.wait(idle, 0, 0, 1)
}

// A bank in another process: `backup-writer.ts FILE` moves money between accounts as fast as it can, and prints its longest commit.
import { DatabaseSync } from 'node:sqlite'

const [file = ''] = process.argv.slice(2)
const database = new DatabaseSync(file, { timeout: 60_000 })
database.exec('PRAGMA synchronous = NORMAL')
const accounts = Number(database.prepare('SELECT count(*) AS count FROM accounts').get()?.count)
const take = database.prepare('UPDATE accounts SET balance = balance - ? WHERE id = ?')
const give = database.prepare('UPDATE accounts SET balance = balance + ? WHERE id = ?')
let longestMs = 0
let commits = 0

function transfer(): void {
  const [from, to] = [1 + Math.floor(Math.random() * accounts), 1 + Math.floor(Math.random() * accounts)]
  const amount = Math.floor(Math.random() * 100)
  const startedAt = performance.now()
  database.exec('BEGIN IMMEDIATE')
  take.run(amount, from)
  give.run(amount, to)
  database.exec('COMMIT')
  longestMs = Math.max(longestMs, performance.now() - startedAt)
  commits++
}

// Asked by a line, it tells what it saw since the last one.
process.stdin.on('data', () => {
  process.stdout.write(`${JSON.stringify({ longestMs, commits })}\n`)
  longestMs = 0
  commits = 0
})
process.stdin.on('end', () => process.exit(0))

function work(): void {
  for (let i = 0; i < 5; i++) transfer()
  // Leaves half a core to the others, as a busy service would.
  setTimeout(work, 1)
}
work()
process.stdout.write('ready\n')

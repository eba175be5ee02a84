// For the bench of backups: databases, the rules run on copies, and processes that use or make them.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createInterface, type Interface } from 'node:readline'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { BackupContext, CopyValidation } from '../../src/backups/backup.ts'
import { sqlite } from '../../src/backups/sqlite.ts'
import { sqlite as sqliteDatabase } from '../../src/databases/sqlite.ts'
import { processIds } from '../../src/lib/process-identity.ts'

const DATABASE = 'bank.db'
const ACCOUNTS = 1000
export const TOTAL = ACCOUNTS * 1000

/** Options and context of the backup of `directory`'s database, as an app would give them. */
export function backupOptions(directory: string, more: Record<string, unknown> = {}) {
  const options = sqlite.options.parse({ database: DATABASE, keep: 3, check: 'quick', ...more })
  const context: BackupContext = { name: 'bank', directory, stateDirectory: join(directory, '.gonogo') }
  return { options, context: options.rules === undefined ? context : { ...context, validate: runRules } }
}

/** A bank whose balances always sum up to `TOTAL`, with `bytes` of facts beside. */
export function makeBank(directory: string, bytes: number): string {
  const file = join(directory, DATABASE)
  using database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INT NOT NULL);
    CREATE TABLE facts (id INTEGER PRIMARY KEY, account INT REFERENCES accounts, kind TEXT, score REAL, pad TEXT);
    CREATE INDEX by_account ON facts (account);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ACCOUNTS}) INSERT INTO accounts SELECT i, 1000 FROM n`)
  while (statSync(file).size < bytes) {
    database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      INSERT INTO facts (account, kind, score, pad) SELECT 1 + abs(random()) % ${ACCOUNTS}, 'k' || (i % 7), (i % 100) / 100.0, hex(randomblob(40)) FROM n`)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }
  return file
}

/** Eight rules as statements over whole tables, those about one table in one pass; each column counts violations. */
const RULES = [
  `SELECT sum(kind NOT IN ('k0','k1','k2','k3','k4','k5','k6')) AS "kind is known", sum(score < 0 OR score > 1) AS "score within 0 and 1",
    sum(pad IS NULL) AS "pad is there", sum(kind IS NULL) AS "kind is there" FROM facts`,
  'SELECT count(*) AS "facts have an account" FROM (SELECT DISTINCT account FROM facts) f LEFT JOIN accounts a ON a.id = f.account WHERE a.id IS NULL',
  'SELECT count(*) AS "accounts have facts" FROM (SELECT id FROM accounts EXCEPT SELECT account FROM facts)',
  `SELECT count(*) - count(DISTINCT id) AS "ids are unique", sum(balance) <> ${TOTAL} AS "money is conserved" FROM accounts`,
]

async function runRules(copy: string, signal: AbortSignal): Promise<CopyValidation> {
  const database = sqliteDatabase.create(sqliteDatabase.options.parse({ path: copy }), { directory: '/' })
  const counts: Record<string, number> = {}
  await database.snapshot(2, signal, async ({ sessions }) => {
    const rules = [...RULES]
    await Promise.all(
      sessions.map(async (session) => {
        for (let sql = rules.shift(); sql; sql = rules.shift())
          for (const [rule, count] of Object.entries((await session.all({ sql, parameters: [] }))[0] ?? {}))
            counts[rule] = Number(count)
      }),
    )
  })
  const broken = Object.entries(counts).filter(([, count]) => count > 0)
  const findings = broken.map(([rule, count]) => ({
    rule,
    title: rule,
    severity: 'error' as const,
    status: 'failed' as const,
    count,
    problem: null,
  }))
  return {
    verdict: broken.length > 0 ? 'failed' : 'passed',
    passed: Object.keys(counts).length - broken.length,
    failed: broken.length,
    unverified: 0,
    counts,
    findings,
  }
}

export interface Writer {
  /** What it saw since it was asked last. */
  ask(): Promise<{ longestMs: number; commits: number }>
  stop(): Promise<void>
}

/** Starts the bank's writer; resolves when it writes. */
export async function startWriter(file: string): Promise<Writer> {
  const child = start('./backup-writer.ts', [file], 'pipe')
  const lines: Interface = createInterface({ input: child.stdout! })
  await once(lines, 'line')
  return {
    async ask() {
      const answer = once(lines, 'line')
      child.stdin!.write('\n')
      return JSON.parse(String((await answer)[0])) as { longestMs: number; commits: number }
    },
    async stop() {
      const gone = once(child, 'exit')
      child.stdin!.end()
      await gone
    },
  }
}

/** Makes or restores a backup in a process of its own. */
export function startOnce(verb: 'create' | 'restore', directory: string): ChildProcess {
  return start('./backup-once.ts', [verb, directory], 'ignore')
}

function start(script: string, args: string[], stdin: 'pipe' | 'ignore'): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url))
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], {
    stdio: [stdin, 'pipe', 'ignore'],
  })
}

/** Kills a process and all that it started, at once: parents first, so that none is started anew. */
export function killTree(root: number): void {
  const parents = new Map(processIds().map((pid) => [pid, parentOf(pid)]))
  const family = [root]
  for (const pid of family) for (const [child, parent] of parents) if (parent === pid) family.push(child)
  for (const pid of family) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0
  }
}

/** What the bank holds: sound only when it passes its integrity check and no money is missing. */
export function stateOf(file: string): { sound: boolean; marks: number } {
  using database = new DatabaseSync(file, { timeout: 20_000 })
  const check = database.prepare('PRAGMA quick_check').all()
  const sum = Number(database.prepare('SELECT sum(balance) AS sum FROM accounts').get()?.sum)
  const marks = Number(database.prepare("SELECT count(*) AS count FROM facts WHERE kind = 'mark'").get()?.count)
  return { sound: check.length === 1 && check[0]?.quick_check === 'ok' && sum === TOTAL, marks }
}

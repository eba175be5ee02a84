// For the bench of backups: databases, the rules run on copies, and processes that use or make them.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createInterface, type Interface } from 'node:readline'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { findKind } from '../../src/catalog/catalog.ts'
import { verdictOf } from '../../src/consistency/result.ts'
import type { Rule } from '../../src/consistency/rule.ts'
import { validate } from '../../src/consistency/validate.ts'
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

/** Eight rules, as gonogo.yaml would declare them. */
const RULES: Record<string, Record<string, unknown>> = {
  'kind is known': { kind: 'enum', column: 'facts.kind', values: ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'mark'] },
  'kind is there': { kind: 'not-null', column: 'facts.kind' },
  'score within 0 and 1': { kind: 'range', column: 'facts.score', from: 0, to: 1 },
  'pad is there': { kind: 'not-null', column: 'facts.pad' },
  'facts have an account': { kind: 'reference', column: 'facts.account', references: 'accounts.id' },
  'accounts have facts': { kind: 'requires-child', column: 'accounts.id', child: 'facts.account' },
  'balances are not below 0': { kind: 'range', column: 'accounts.balance', from: -1_000_000 },
  'balances are there': { kind: 'not-null', column: 'accounts.balance' },
}

async function runRules(copy: string, signal: AbortSignal): Promise<CopyValidation> {
  const database = sqliteDatabase.create(sqliteDatabase.options.parse({ path: copy }), { directory: '/' })
  const rules = Object.entries(RULES).map(([name, { kind: id, ...given }]): Rule => {
    const kind = findKind('rule', String(id), {})
    const options = kind.options.parse(given)
    return { name, kind, options, database: 'bank', max: 0, severity: 'error', fix: null }
  })
  const { results } = await validate(database, rules, { signal })
  const failed = results.filter(({ status }) => status === 'failed')
  return {
    verdict: verdictOf(results),
    passed: results.filter(({ status }) => status === 'passed').length,
    failed: failed.length,
    unverified: results.filter(({ status }) => status === 'unverified').length,
    counts: Object.fromEntries(results.map(({ rule, count }) => [rule, count])),
    findings: failed.map(({ rule, title, severity, count, problem }) => ({
      rule,
      title,
      severity,
      status: 'failed' as const,
      count,
      problem,
    })),
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

// For the tests and the bench of this kind: a shop, a backup of it, and processes that take or restore one and may be killed.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Backup, BackupContext, BackupManifest } from '../backup.ts'
import { postgres } from '../postgres.ts'

/** Tables with keys, sequences, indexes and a view; `rows` orders with about three lines each. */
export const shopOf = (rows: number): string => `
  CREATE SCHEMA audit;
  CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, joined timestamptz DEFAULT '2026-01-01');
  CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint REFERENCES customers, total numeric(10,2) CHECK (total >= 0), note text);
  CREATE TABLE lines (order_id bigint REFERENCES orders ON DELETE CASCADE, position int, amount double precision, PRIMARY KEY (order_id, position));
  CREATE TABLE audit.entries (said text);
  CREATE VIEW big_orders AS SELECT * FROM orders WHERE total > 50;
  CREATE INDEX ON orders (customer_id);
  INSERT INTO customers (email) SELECT 'c' || i || '@example.org' FROM generate_series(1, 100) AS i;
  INSERT INTO orders (customer_id, total, note) SELECT 1 + i % 100, i % 97, repeat(md5(i::text), 2) FROM generate_series(1, ${rows}) AS i;
  INSERT INTO lines SELECT o.id, p, o.id / 3.0 FROM orders AS o, generate_series(1, 1 + o.id % 4) AS p;
  INSERT INTO audit.entries VALUES ('opened'), ('opened')`

export function backupOf(
  options: Record<string, unknown>,
  directory: string,
  given: Partial<BackupContext> = {},
): Backup {
  const parsed = postgres.options.parse({ directory, ...options })
  return postgres.create(parsed, { name: 'shop', directory, stateDirectory: directory, ...given })
}

/** Another Node process that does this to the backup; `exited` gives its exit code, or null when it was killed. */
export function startDoing(
  what: 'create' | 'verify' | 'restore',
  options: Record<string, unknown>,
  directory: string,
  manifest: BackupManifest | null,
): { child: ChildProcess; exited: Promise<number | null> } {
  const script = `
    import { backupOf } from ${JSON.stringify(import.meta.url)}
    const [what, options, directory, manifest] = process.argv.slice(1)
    const backup = backupOf(JSON.parse(options), directory)
    const signal = AbortSignal.timeout(240_000)
    if (what === 'create') await backup.create(signal)
    if (what === 'verify') await backup.verify(JSON.parse(manifest), signal)
    if (what === 'restore') await backup.restore(JSON.parse(manifest), { skipValidation: false, signal })`
  const args = [what, JSON.stringify(options), directory, JSON.stringify(manifest)]
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return { child, exited }
}

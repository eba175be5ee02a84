// The tables of schema `gonogo`, as ordered steps that are each applied once.
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { OutsideError } from '../lib/errors.ts'
import { FINAL_STATES } from '../plan/run-record.ts'

const finalStates = FINAL_STATES.map((state) => `'${state}'`).join(', ')

/** Never edit a step that was released: add one. */
const STEPS: readonly string[] = [
  `
  create table gonogo.runs (
    id text primary key,
    service text not null,
    environment text not null,
    plan_hash text not null,
    state text not null,
    position text not null,
    way_back json not null,
    pace json not null,
    started_by text not null,
    created_at bigint not null,
    ended_at bigint,
    reason text,
    plan text not null
  );
  create unique index one_live_run on gonogo.runs (service, environment) where state not in (${finalStates});
  create index runs_newest_first on gonogo.runs (created_at desc, id desc);

  -- "json", not "jsonb": the text stays byte for byte what was hashed.
  create table gonogo.ledger (
    run_id text not null,
    seq integer not null,
    at bigint not null,
    previous text not null,
    key text not null,
    kind text not null,
    item text,
    body json not null,
    hash text not null,
    primary key (run_id, seq),
    constraint ledger_key unique (run_id, key)
  );
  create function gonogo.refuse_change() returns trigger language plpgsql as
    $$ begin raise exception 'the ledger is append-only'; end $$;
  create trigger ledger_is_append_only before update or delete or truncate on gonogo.ledger
    for each statement execute function gonogo.refuse_change();
  `,
  `
  create table gonogo.environment_locks (
    service text not null,
    environment text not null,
    owner text not null,
    reason text not null,
    since bigint not null,
    primary key (service, environment)
  );
  create table gonogo.lock_events (
    service text not null,
    environment text not null,
    at bigint not null,
    by text not null,
    event text not null,
    reason text not null,
    owner text not null
  );
  create trigger lock_events_are_append_only before update or delete or truncate on gonogo.lock_events
    for each statement execute function gonogo.refuse_change();
  `,
]

/** Any number; the same for all who migrate. */
const MIGRATION_LOCK = 7_166_402

/**
 * Brings the schema to the version of this program; several processes may do so at once.
 * @throws OutsideError when a newer gonogo has been here.
 */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  if ((await readVersion(db)) === STEPS.length) return
  await db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction)
    await sql`create schema if not exists gonogo`.execute(transaction)
    await sql`create table if not exists gonogo.version (version integer not null)`.execute(transaction)
    const version = await readVersion(transaction)
    if (version > STEPS.length)
      throw new OutsideError('postgres', `its schema is of version ${version}, this gonogo knows ${STEPS.length}`, {
        hint: 'update gonogo',
      })
    for (const step of STEPS.slice(version)) await sql.raw(step).execute(transaction)
    await sql`delete from gonogo.version`.execute(transaction)
    await sql`insert into gonogo.version values (${STEPS.length})`.execute(transaction)
  })
}

async function readVersion<T>(db: Kysely<T>): Promise<number> {
  const table = await sql<{ found: boolean }>`select to_regclass('gonogo.version') is not null as found`.execute(db)
  if (!table.rows[0]?.found) return 0
  const { rows } = await sql<{ version: number }>`select max(version) as version from gonogo.version`.execute(db)
  return rows[0]?.version ?? 0
}

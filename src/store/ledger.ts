// The ledger in Postgres. Entries that arrive while a write is under way go out together, as one insert.
import type { Ledger } from '../conduct/ports.ts'
import type { LedgerDraft, LedgerEntry } from '../plan/run-record.ts'
import { isTaken } from './database.ts'
import type { Database } from './database.ts'
import { EMPTY, entryOf, link } from './ledger-chain.ts'
import type { Tail } from './ledger-chain.ts'

/** One entry on its way into the ledger. */
interface Append {
  draft: LedgerDraft
  at: number
  written: PromiseWithResolvers<LedgerEntry>
}

/** What is known of a run that is being written to. */
interface Writer {
  /** Null: not known, to be read. */
  tail: Tail | null
  waiting: Append[]
  busy: boolean
}

const BATCH_MAX = 200
/** What may wait for company waits no longer than so. */
const SOON_MS = 10
const WAITING_MAX = 20_000
const WRITERS_MAX = 1000
/** Collisions with another writer of the same run, which should not exist, before it is called a bug. */
const ATTEMPTS_MAX = 10

/**
 * A ledger whose appends are durable when they resolve. The end of each chain is kept in memory, so that an append is
 * one round trip; the primary key (run, seq) catches the case that somebody else wrote meanwhile.
 * @param clock milliseconds since the epoch
 */
export function createLedger(database: Database, clock: () => number = Date.now): Ledger {
  const writers = new Map<string, Writer>()

  function writerOf(runId: string): Writer {
    const known = writers.get(runId)
    if (known) return known
    if (writers.size >= WRITERS_MAX) for (const [id, { busy }] of writers) if (!busy) writers.delete(id)
    const writer: Writer = { tail: null, waiting: [], busy: false }
    writers.set(runId, writer)
    return writer
  }

  async function drain(runId: string, writer: Writer): Promise<void> {
    writer.busy = true
    while (writer.waiting.length > 0) {
      const batch = writer.waiting.splice(0, BATCH_MAX)
      try {
        await write(runId, writer, batch)
      } catch (error) {
        writer.tail = null
        for (const append of batch) append.written.reject(error)
      }
    }
    writer.busy = false
  }

  async function write(runId: string, writer: Writer, batch: Append[]): Promise<void> {
    let rest = batch
    for (let attempt = 1; rest.length > 0; attempt++) {
      writer.tail ??= await readTail(database, runId)
      const entries = chain(runId, writer.tail, rest)
      try {
        await insert(database, runId, entries)
        writer.tail = entries.at(-1) ?? writer.tail
        for (const [index, entry] of entries.entries()) rest[index]?.written.resolve(entry)
        return
      } catch (error) {
        if (!isTaken(error) || attempt === ATTEMPTS_MAX) throw error
        // Some keys are written already (a repeated step), or another process was faster: look, and go on from there.
        writer.tail = null
        rest = await settleWritten(database, runId, rest)
      }
    }
  }

  return {
    append(runId, draft, when = 'now') {
      const writer = writerOf(runId)
      const twin = writer.waiting.find((append) => append.draft.key === draft.key)
      if (twin) return twin.written.promise
      if (writer.waiting.length >= WAITING_MAX)
        throw new Error(`${WAITING_MAX} entries of run ${runId} wait to be written`)
      // What is hashed is what a reader will get back: JSON, without `undefined` and the like.
      const body = JSON.parse(JSON.stringify(draft.body)) as Record<string, unknown>
      const append: Append = { draft: { ...draft, body }, at: clock(), written: Promise.withResolvers() }
      writer.waiting.push(append)
      const begin = (): void => void (writer.busy || drain(runId, writer))
      if (when === 'now') begin()
      else setTimeout(begin, SOON_MS)
      return append.written.promise
    },
    async entries(runId) {
      const rows = await database.query((db) =>
        db.selectFrom('gonogo.ledger').selectAll().where('runId', '=', runId).orderBy('seq').execute(),
      )
      return rows.map(entryOf)
    },
  }
}

function chain(runId: string, start: Tail, appends: readonly Append[]): LedgerEntry[] {
  let tail = start
  return appends.map(({ draft, at }) => {
    const entry = link(runId, tail, draft, at)
    tail = entry
    return entry
  })
}

async function insert(database: Database, runId: string, entries: readonly LedgerEntry[]): Promise<void> {
  const rows = entries.map((entry) => ({ ...entry, runId, body: JSON.stringify(entry.body) }))
  await database.query((db) => db.insertInto('gonogo.ledger').values(rows).execute())
}

async function readTail(database: Database, runId: string): Promise<Tail> {
  const last = await database.query((db) =>
    db
      .selectFrom('gonogo.ledger')
      .select(['seq', 'hash'])
      .where('runId', '=', runId)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst(),
  )
  return last ?? EMPTY
}

/** Resolves the appends whose key is in the ledger with what is there. @returns the others */
async function settleWritten(database: Database, runId: string, appends: Append[]): Promise<Append[]> {
  const keys = appends.map(({ draft }) => draft.key)
  const rows = await database.query((db) =>
    db.selectFrom('gonogo.ledger').selectAll().where('runId', '=', runId).where('key', 'in', keys).execute(),
  )
  const written = new Map(rows.map((row) => [row.key, entryOf(row)]))
  return appends.filter((append) => {
    const entry = written.get(append.draft.key)
    if (entry) append.written.resolve(entry)
    return !entry
  })
}

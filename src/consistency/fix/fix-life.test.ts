import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { listFixRuns, pruneFixRun } from '../undo/undo-fixes.ts'
import { applyFixes } from './apply-fixes.ts'
import { Fixing, fixKinds, ruleOf } from './fixing.fixture.ts'
import { GRAPH_RULES, graphOf } from './graph.fixture.ts'
import { inProcess } from './in-process.fixture.ts'

const signal = AbortSignal.timeout(120_000)
const FILES = ['', '-wal', '-shm', '-journal']

/** The files as a killed process leaves them. */
function copyFiles(from: string, to: string): void {
  for (const suffix of FILES) {
    rmSync(to + suffix, { force: true })
    // The index of the log is built anew from the log.
    if (suffix !== '-shm' && existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
  }
}

/** What is left is whole, and is the beginning, the end, or leads back to the beginning. @returns which. */
async function lookAt(database: Fixing, { before, after }: { before: string; after: string }): Promise<string> {
  expect(database.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  const now = await database.hash()
  const unfinished = (await listFixRuns(database.database, signal)).find(
    ({ state }) => state === 'fixing' || state === 'undoing',
  )
  if (!unfinished) {
    expect([before, after]).toContain(now)
    return now === before ? 'before' : 'after'
  }
  expect((await database.undo(unfinished.run, { rules: GRAPH_RULES })).conflicts.count).toBe(0)
  return (await database.hash()) === (await beginning(database)) ? 'between' : 'wrong'
}

const beginnings = new WeakMap<Fixing, string>()
async function beginning(database: Fixing): Promise<string> {
  return beginnings.get(database) ?? (await database.hash())
}

/** A prime, so that over the runs of a loop every statement of it has its turn. */
const STRIDE = 23

describe('killed at any statement', () => {
  it.each([
    ['fix', 'transaction'],
    ['fix', 'chunks'],
    ['undo', 'transaction'],
    ['undo', 'chunks'],
  ] as const)('%s in %s leaves the beginning, the end, or a boundary with its log', async (what, mode) => {
    using live = new Fixing(graphOf(60))
    using left = new Fixing('')
    const pristine = await live.hash()
    beginnings.set(left, pristine)
    const run = what === 'undo' ? (await live.fix(GRAPH_RULES)).run : null
    const before = await live.hash()
    const copies: string[] = []
    let statements = 0
    const seen = new Set<string>()
    const database = inProcess(live.path, {
      heard() {
        // Every one of them is a possible end; a stride keeps the test short.
        if (statements++ % STRIDE !== 0) return
        const copy = join(live.directory, `copy-${copies.length}`)
        copyFiles(live.path, copy)
        copies.push(copy)
      },
    })
    live.database = database
    if (run === null) await live.fix(GRAPH_RULES, { mode, chunkMs: 8 })
    else await live.undo(run, { rules: GRAPH_RULES, mode, chunkMs: 8 })
    live.database = inProcess(live.path)
    const after = await live.hash()
    for (const copy of copies) {
      copyFiles(copy, left.path)
      seen.add(await lookAt(left, { before, after }))
    }
    expect(seen).toContain('before')
    expect(seen.has('between')).toBe(mode === 'chunks')
    expect(seen).not.toContain('wrong')
  })
})

const ONCE = fileURLToPath(new URL('./once.fixture.ts', import.meta.url))

describe('kill -9', () => {
  it.each(['transaction', 'chunks'])('of the real processes loses nothing (%s)', async (mode) => {
    using database = new Fixing(graphOf(2000))
    const pristine = await database.hash()
    beginnings.set(database, pristine)
    using fixed = new Fixing(graphOf(2000))
    await fixed.fix(GRAPH_RULES)
    const after = await fixed.hash()
    for (const delayMs of [20, 150]) {
      const child = spawn(process.execPath, [ONCE, 'fix', mode, database.path, '-', '2'], {
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exited = once(child, 'exit')
      await once(child.stdout, 'data')
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      try {
        process.kill(-(child.pid as number), 'SIGKILL')
      } catch {
        // It was faster.
      }
      await exited
      const found = await lookAt(database, { before: pristine, after })
      expect(found).not.toBe('wrong')
      if (found === 'after') break
    }
  })
})

describe('a fix in chunks', () => {
  /** Fails when it has committed so many times. */
  function failingAfter(path: string, commits: number) {
    let left = commits
    return inProcess(path, {
      heard(sql) {
        if (sql === 'COMMIT' && left-- <= 0) throw Object.assign(new Error('disk I/O error'), { errcode: 10 })
      },
    })
  }

  it('goes on after it was interrupted, and can then be undone as one', async () => {
    using database = new Fixing(graphOf(2000))
    const before = await database.hash()
    const options = { kinds: fixKinds, signal, mode: 'chunks', chunkMs: 5 } as const
    await expect(applyFixes(failingAfter(database.path, 6), GRAPH_RULES, options)).rejects.toThrow('disk I/O error')
    const [interrupted] = await listFixRuns(database.database, signal)
    expect(interrupted).toMatchObject({ state: 'fixing', run: 1 })
    expect(interrupted?.rows).toBeGreaterThan(0)
    await expect(database.fix(GRAPH_RULES)).rejects.toThrow(/run 1 is not finished/)
    expect(await database.fix(GRAPH_RULES, { mode: 'chunks', resume: 1 })).toMatchObject({ outcome: 'fixed', run: 1 })
    await database.undo(1, { rules: GRAPH_RULES })
    expect(await database.hash()).toBe(before)
  })

  it('is not begun beside another one', async () => {
    using database = new Fixing(graphOf(2000))
    await database.fix(GRAPH_RULES.slice(2, 3))
    const before = await database.hash()
    // The other one begins after this one has looked whether there is one.
    const behind = inProcess(database.path, {
      heard(sql) {
        if (sql.startsWith('BEGIN IMMEDIATE')) database.edit("UPDATE gonogo_runs SET state = 'fixing'")
      },
    })
    for (const mode of ['chunks', 'transaction'] as const) {
      const asked = applyFixes(behind, GRAPH_RULES, { kinds: fixKinds, signal, mode })
      await expect(asked).rejects.toThrow(/run 1 is not finished/)
      database.edit("UPDATE gonogo_runs SET state = 'fixed'")
    }
    expect(await listFixRuns(database.database, signal)).toHaveLength(1)
    expect(await database.hash()).toBe(before)
  })

  it('leaves what another process has ended as it is', async () => {
    using database = new Fixing(graphOf(2000))
    let commits = 0
    const overtaken = inProcess(database.path, {
      heard(sql) {
        if (sql === 'COMMIT') commits++
        if (sql.startsWith('BEGIN IMMEDIATE') && commits >= 6) database.edit("UPDATE gonogo_runs SET state = 'fixed'")
      },
    })
    const options = { kinds: fixKinds, signal, mode: 'chunks', chunkMs: 5 } as const
    await expect(applyFixes(overtaken, GRAPH_RULES, options)).rejects.toThrow(/was ended by another process/)
    expect(await listFixRuns(database.database, signal)).toMatchObject([{ run: 1, state: 'fixed' }])
  })

  it('leaves alone what others have repaired, changed or added between its chunks', async () => {
    using database = new Fixing(graphOf(10_000))
    let isDone = false
    const busy = inProcess(database.path, {
      heard(sql) {
        if (
          isDone ||
          !sql.startsWith('BEGIN IMMEDIATE') ||
          database.rows("SELECT 1 FROM sqlite_schema WHERE name = 'gonogo_image_1_1'").length === 0
        )
          return
        isDone = true
        // A parent for an orphan that is still to be deleted, and a new orphan.
        database.edit(
          "INSERT INTO entities VALUES (20000, 'came late'); UPDATE relationships SET source_id = 99999 WHERE id = 1",
        )
      },
    })
    const options = { kinds: fixKinds, signal, mode: 'chunks', chunkMs: 8 } as const
    const report = await applyFixes(busy, GRAPH_RULES.slice(0, 1), options)
    expect(isDone).toBe(true)
    expect(report).toMatchObject({ outcome: 'fixed', rules: [{ left: 0 }] })
    expect(database.rows('SELECT id FROM relationships WHERE id IN (1, 10000)')).toEqual([{ id: 10_000 }])
  })
})

describe('runs', () => {
  const TABLE = `CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
    INSERT INTO t VALUES (1, NULL, 1), (2, 2, NULL), (3, NULL, NULL)`
  const a = ruleOf('a', 'not-null', { column: 't.a' }, { fix: { set: { value: 0 } } })
  const b = ruleOf('b', 'not-null', { column: 't.b' }, { fix: { set: { value: 0 } } })

  it('are undone in the reverse order where they changed the same rows', async () => {
    using database = new Fixing(TABLE)
    const before = await database.hash()
    await database.fix([a])
    await database.fix([b])
    await expect(database.undo(1)).rejects.toThrow(/run 2 changed 1 of the same rows of t later/)
    await database.undo(2)
    await database.undo(1)
    expect(await database.hash()).toBe(before)
    await expect(database.undo(1)).rejects.toThrow(/undone already/)
    await expect(database.undo(7)).rejects.toThrow(/there is no run 7/)
  })

  it('are listed until they are pruned', async () => {
    using database = new Fixing(TABLE)
    await database.fix([a])
    expect(await listFixRuns(database.database, signal)).toMatchObject([
      { run: 1, state: 'fixed', rows: 2, tables: ['t'], rules: ['a'] },
    ])
    await pruneFixRun(database.database, 1, signal)
    expect(await listFixRuns(database.database, signal)).toEqual([])
    expect(database.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'gonogo_image%'")).toEqual([])
  })

  it('are not kept of a dry run, which shows what would change', async () => {
    using database = new Fixing(TABLE)
    const before = await database.hash()
    const report = await database.fix([a, b], { dryRun: true })
    expect(report).toMatchObject({ outcome: 'would-fix', run: null, isDryRun: true })
    expect(report.changes).toMatchObject([
      {
        rule: 'a',
        type: 'update',
        rows: 2,
        samples: [{ key: { id: 1 }, before: { a: null }, after: { a: 0 } }, { key: { id: 3 } }],
      },
      { rule: 'b', rows: 2 },
    ])
    expect(await database.hash()).toBe(before)
    expect(database.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'gonogo%'")).toEqual([])
  })
})

describe('triggers of the user', () => {
  it('fire on fix and on undo: what follows from the rows follows back', async () => {
    using database = new Fixing(`
      CREATE TABLE orders (id INTEGER PRIMARY KEY, lines INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER, price INTEGER);
      CREATE TRIGGER added AFTER INSERT ON lines BEGIN UPDATE orders SET lines = lines + 1 WHERE id = NEW.order_id; END;
      CREATE TRIGGER removed AFTER DELETE ON lines BEGIN UPDATE orders SET lines = lines - 1 WHERE id = OLD.order_id; END;
      INSERT INTO orders (id) VALUES (1), (2);
      INSERT INTO lines VALUES (1, 1, 5), (2, 1, -5), (3, 2, -1)`)
    const before = await database.hash()
    const rule = ruleOf('price', 'range', { column: 'lines.price', from: 0 }, { fix: { delete: {} } })
    const report = await database.fix([rule])
    expect(report.notes).toEqual(['triggers of lines fire on fix and on undo: added, removed'])
    expect(database.rows('SELECT lines FROM orders')).toEqual([{ lines: 1 }, { lines: 0 }])
    await database.undo(report.run)
    expect(await database.hash()).toBe(before)
  })

  it('that set what was not asked for are undone with it, and it is said where they do it again', async () => {
    using database = new Fixing(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, changes INTEGER NOT NULL DEFAULT 0);
      CREATE TRIGGER counted AFTER UPDATE OF a ON t BEGIN UPDATE t SET changes = OLD.changes + 1 WHERE id = NEW.id; END;
      INSERT INTO t VALUES (1, NULL, 0)`)
    const rule = ruleOf('a', 'not-null', { column: 't.a' }, { fix: { set: { value: 0 } } })
    const report = await database.fix([rule])
    const undone = await database.undo(report.run)
    expect(undone.conflicts.count).toBe(0)
    expect(undone.notes).toEqual(['triggers of t changed 1 of the rows that were put back'])
    expect(database.rows('SELECT a FROM t')).toEqual([{ a: null }])
  })
})

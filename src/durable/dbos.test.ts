// The durable engine on a real Postgres: order, replay, messages, locks; and processes that are killed and resumed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Durable, Engine, RunMessage } from '../conduct/ports.ts'
import { poll } from '../lib/deadline.ts'
import { OutsideError, PlanError } from '../lib/errors.ts'
import { openPostgres } from '../store/embedded-postgres.ts'
import type { Postgres } from '../store/embedded-postgres.ts'
import { createEngine, createMessenger } from './dbos.ts'

const directory = mkdtempSync(join(tmpdir(), 'durable-'))
chmodSync(directory, 0o755)
const live = new AbortController().signal
let postgres: Postgres
let admin: Client
const engines: Engine[] = []

beforeAll(async () => {
  postgres = await openPostgres({ stateDirectory: directory })
  admin = new Client(postgres.url)
  admin.on('error', () => {})
  await admin.connect()
})
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})
afterAll(async () => {
  await admin.end()
  await postgres.close()
  rmSync(directory, { recursive: true })
})

async function start(conduct: (runId: string, durable: Durable) => Promise<void>): Promise<Engine> {
  const engine = await createEngine({ databaseUrl: postgres.url, conduct })
  engines.push(engine)
  return engine
}

async function restart(conduct: (runId: string, durable: Durable) => Promise<void>): Promise<Engine> {
  await engines.pop()?.close()
  return await start(conduct)
}

async function killServer(): Promise<void> {
  const pid = Number.parseInt(readFileSync(join(directory, 'postgres', 'data', 'postmaster.pid'), 'utf8'), 10)
  const gone = new Promise((resolve) => admin.once('end', resolve))
  process.kill(pid, 'SIGKILL')
  await gone
}

const promote = (id: string): RunMessage => ({ type: 'promote', id, by: 'ann' })
const until = <T>(probe: () => Promise<T | null> | T | null) => poll(probe, { everyMs: 5, timeoutMs: 20_000 })

/** A process that conducts `run` with the given body; what it notes is appended to a file. */
function spawnConductor(run: string, body: string) {
  const notes = join(directory, `${run}.notes`)
  const script = `
    import { appendFileSync } from 'node:fs'
    import { createEngine } from ${JSON.stringify(new URL('dbos.ts', import.meta.url).href)}
    const note = (line) => appendFileSync(${JSON.stringify(notes)}, line + '\\n')
    const conduct = async (runId, durable) => { ${body} }
    const engine = await createEngine({ databaseUrl: ${JSON.stringify(postgres.url)}, conduct })
    await engine.conduct(${JSON.stringify(run)}, new AbortController().signal)
    await engine.close()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const over = once(child, 'exit')
  return {
    pid: child.pid,
    over,
    read: () => (existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').filter(Boolean) : []),
    async kill() {
      child.kill('SIGKILL')
      await over
    },
  }
}

describe('a run', () => {
  it('is conducted once: asked again, it only says how it ended', async () => {
    let times = 0
    const engine = await start(async () => void (times += 1))
    await engine.conduct('once', live)
    await engine.conduct('once', live)
    expect(times).toBe(1)
  })

  it('gets the values of its steps and a recorded clock', async () => {
    const seen: unknown[] = []
    const engine = await start(async (_, durable) => {
      seen.push(await durable.step('value', async () => ({ a: [1, 'ö'] })))
      seen.push(await durable.step('nothing', async () => undefined))
      seen.push(typeof (await durable.now()))
      seen.push(await Promise.all([1, 2, 3].map((n) => durable.step(`side by side ${n}`, async () => n))))
    })
    await engine.conduct('values', live)
    expect(seen).toEqual([{ a: [1, 'ö'] }, undefined, 'number', [1, 2, 3]])
  })

  it('ends with the error its workflow throws, of its class, also when it is asked later', async () => {
    const place = { file: 'gonogo.yaml', line: 7 }
    const conduct = () => Promise.reject<void>(new PlanError('no binding', place))
    const error = { name: 'PlanError', place }
    await expect((await start(conduct)).conduct('error', live)).rejects.toMatchObject(error)
    await expect((await restart(conduct)).conduct('error', live)).rejects.toMatchObject(error)
  })

  it('does not repeat a step that failed, and sees its error again on replay', async () => {
    let attempts = 0
    const seen: unknown[] = []
    const conduct = async (_: string, durable: Durable): Promise<void> => {
      const failing = durable.step('fails', async () => {
        attempts += 1
        throw new OutsideError('disk', 'full', { hint: 'free some' })
      })
      await failing.catch((error: unknown) => seen.push(error))
      await durable.receive(60_000)
    }
    const stop = new AbortController()
    const engine = await start(conduct)
    const conducting = engine.conduct('failing', stop.signal)
    await until(() => seen[0] ?? null)
    stop.abort()
    await conducting
    const again = await restart(conduct)
    const resumed = again.conduct('failing', live)
    await until(() => seen[1] ?? null)
    await again.send('failing', promote('go'))
    await resumed
    expect(attempts).toBe(1)
    for (const error of seen) expect(error).toBeInstanceOf(OutsideError)
    expect(seen[1]).toMatchObject({ system: 'disk', message: 'full', hint: 'free some' })
  })

  it('aborted, finishes the step under way, runs no further, and is resumed where it was', async () => {
    const ran: string[] = []
    const stop = new AbortController()
    const conduct = async (_: string, durable: Durable): Promise<void> => {
      await durable.step('long', async () => {
        stop.abort()
        await new Promise(setImmediate)
        ran.push('long')
      })
      ran.push('between')
      await durable.step('next', async () => void ran.push('next'))
    }
    const engine = await start(conduct)
    await engine.conduct('aborted', stop.signal)
    expect(ran).toEqual(['long'])
    await engine.conduct('aborted', live)
    expect(ran).toEqual(['long', 'between', 'next'])
  })

  it('refuses durable calls from a step: they would not be recorded', async () => {
    const engine = await start(async (_, durable) => {
      await durable.step('outer', () => durable.step('inner', async () => 1))
    })
    await expect(engine.conduct('nested', live)).rejects.toThrow(/belong directly into the workflow/)
  })

  it('refuses a replay in which the steps have changed', async () => {
    let name = 'old'
    const stop = new AbortController()
    const conduct = async (_: string, durable: Durable): Promise<void> => {
      await durable.step(name, async () => stop.abort())
      await durable.step('end', async () => 1)
    }
    const engine = await start(conduct)
    await engine.conduct('changed', stop.signal)
    name = 'new'
    await expect(engine.conduct('changed', live)).rejects.toThrow(/old|new/)
  })
})

describe('messages', () => {
  it('arrive in order, each id once, from the engine and from a command', async () => {
    const got: (string | undefined)[] = []
    const engine = await start(async (_, durable) => {
      for (let i = 0; i < 41; i++) got.push((await durable.receive(i < 40 ? 20_000 : 0))?.id)
    })
    const conducting = engine.conduct('mail', live)
    const messenger = await createMessenger(postgres.url)
    await until(() =>
      messenger.send('mail', promote('0')).then(
        () => true as const,
        () => null,
      ),
    )
    await messenger.send('mail', promote('0'))
    await Promise.all(Array.from({ length: 39 }, (_, i) => engine.send('mail', promote(String(i + 1)))))
    await engine.send('mail', promote('1'))
    await messenger.close()
    await conducting
    expect(got).toEqual([...Array.from({ length: 40 }, (_, i) => String(i)), undefined])
  })

  it('can be seen to wait from inside a step', async () => {
    const seen: boolean[] = []
    const engine = await start(async (runId, durable) => {
      for (const _ of [1, 2]) {
        await durable.step('look', async () => {
          seen.push(await engine.hasMail(runId))
          await engine.send(runId, promote('m'))
          seen.push(await engine.hasMail(runId))
        })
        await durable.receive(0)
      }
    })
    await engine.conduct('waiting', live)
    // The second time the id is known already, and nothing new waits.
    expect(seen).toEqual([false, true, false, false])
  })

  it('to a run nobody started are an error of the user', async () => {
    const messenger = await createMessenger(postgres.url)
    await expect(messenger.send('nobody', promote('1'))).rejects.toBeInstanceOf(PlanError)
    await messenger.close()
  })
})

describe('killed', () => {
  const STEPS = 30
  const body = `
    for (let i = 0; i < ${STEPS}; i++) {
      await durable.step('step ' + i, async () => note('ran ' + i))
      note('recorded ' + i)
    }`

  it('again and again, a run is resumed: no recorded step runs twice, none is left out', async () => {
    const run = 'killed-often'
    for (const enough of [3, 25, 60]) {
      const conductor = spawnConductor(run, body)
      await until(() => (conductor.read().length >= enough ? true : null))
      await conductor.kill()
    }
    const last = spawnConductor(run, body)
    await last.over
    const notes = last.read()
    for (let i = 0; i < STEPS; i++) {
      const recorded = notes.indexOf(`recorded ${i}`)
      expect(recorded).toBeGreaterThan(notes.indexOf(`ran ${i}`))
      expect(notes.lastIndexOf(`ran ${i}`)).toBeLessThan(recorded)
    }
  })

  it('while it waits, a run keeps its deadline and gets what was sent meanwhile', async () => {
    const run = 'killed-waiting'
    const waiting = `
      const first = await durable.receive(1500)
      const at = await durable.now()
      note('first ' + (first?.id ?? 'nothing') + ' ' + at)
      const second = await durable.receive(60_000)
      note('second ' + second?.id)`
    const conductor = spawnConductor(run, waiting)
    const deadline = await until(async () => {
      const { rows } = await admin
        .query<{ at: string }>(
          `select output as at from dbos.operation_outputs where workflow_uuid = $1 and function_name = 'DBOS.sleep'`,
          [run],
        )
        .catch(() => ({ rows: [] }))
      return rows[0] ? Number(rows[0].at) : null
    })
    await conductor.kill()
    // Past the deadline while nobody conducts: a timer begun anew would make the resumed run wait another 1.5 s.
    await until(() => (Date.now() > deadline! ? true : null))
    const resumedAt = Date.now()
    const resumed = spawnConductor(run, waiting)
    await until(() => resumed.read()[0] ?? null)
    await resumed.kill()
    const messenger = await createMessenger(postgres.url)
    await messenger.send(run, promote('late'))
    await messenger.close()
    const last = spawnConductor(run, waiting)
    await last.over
    const [first, again, second] = last.read()
    expect(first).toMatch(/^first nothing \d+$/)
    expect(again).toBe(first)
    expect(second).toBe('second late')
    const { rows } = await admin.query<{ started: string; completed: string }>(
      `select started_at_epoch_ms as started, completed_at_epoch_ms as completed from dbos.operation_outputs
       where workflow_uuid = $1 and function_name = 'DBOS.recv' order by function_id limit 1`,
      [run],
    )
    expect(Number(rows[0]!.started)).toBeGreaterThanOrEqual(resumedAt)
    // The resumed wait itself took no further 1.5 s: the deadline was the first one's.
    expect(Number(rows[0]!.completed) - Number(rows[0]!.started)).toBeLessThan(1500)
  })
})

describe('the lock of a run', () => {
  it('keeps a second process out and names the first; free again when that is killed', async () => {
    const run = 'locked'
    const conductor = spawnConductor(run, `note('in'); await durable.receive(60_000)`)
    await until(() => conductor.read()[0] ?? null)
    const engine = await start(async (_, durable) => void (await durable.receive(0)))
    await expect(engine.conduct(run, live)).rejects.toThrow(`locked is being conducted by pid ${conductor.pid} on `)
    await conductor.kill()
    await until(() =>
      engine.conduct(run, live).then(
        () => true as const,
        () => null,
      ),
    )
  })

  it('lost with its connection, is taken again before the next step', async () => {
    const ours = `select pid from pg_stat_activity where application_name like 'gonogo pid ${process.pid} %'`
    const holders = async (): Promise<number[]> => (await admin.query<{ pid: number }>(ours)).rows.map(({ pid }) => pid)
    const seen: number[] = []
    const engine = await start(async (_, durable) => {
      for (const name of ['first', 'second'])
        await durable.step(name, async () => {
          const pid = (await until(async () => (await holders())[0] ?? null)) ?? 0
          seen.push(pid)
          await admin.query(`select pg_terminate_backend(${pid})`)
          // The server ends a session a moment after it was told to: until then it would be seen as the next one.
          await until(async () => ((await holders()).includes(pid) ? null : true))
        })
    })
    await engine.conduct(`reconnect ${Date.now()}`, live)
    expect(new Set(seen).size).toBe(2)
  })

  it('lost to another conductor, ends the attempt and says to whom', async () => {
    const run = 'lost'
    const thief = new Client({ connectionString: postgres.url, application_name: 'gonogo pid 1 on elsewhere #0' })
    await thief.connect()
    const engine = await start(async (_, durable) => {
      await durable.step('steal', async () => {
        const stolen = thief.query(`select pg_advisory_lock(hashtextextended('${run}', 0))`)
        await until(async () => {
          const waiting = await admin.query(`select from pg_locks where locktype = 'advisory' and not granted`)
          return waiting.rowCount || null
        })
        await admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'gonogo pid ${process.pid} %'`,
        )
        await stolen
      })
      await durable.step('must not run', async () => void thief.query('create table must_not_run ()'))
    })
    await expect(engine.conduct(run, live)).rejects.toThrow('lost is being conducted by pid 1 on elsewhere')
    await thief.end()
    const { rows } = await admin.query(`select to_regclass('must_not_run') as found`)
    expect(rows).toEqual([{ found: null }])
  })
})

describe('while Postgres is away', () => {
  it('a run waits and goes on: killed in the middle of steps, nothing is lost or repeated', async () => {
    const ran: number[] = []
    const engine = await start(async (_, durable) => {
      for (let i = 0; i < 20; i++)
        await durable.step(`step ${i}`, async () => {
          ran.push(i)
          if (i === 5) await killServer()
        })
    })
    await engine.conduct('away', live)
    expect(ran).toEqual(Array.from({ length: 20 }, (_, i) => i))
    admin = new Client(postgres.url)
    admin.on('error', () => {})
    await admin.connect()
  })

  it('an engine is not to be had, and says why', async () => {
    const databaseUrl = 'postgresql://x:secret@127.0.0.1:1/x'
    const refused = createEngine({ databaseUrl, conduct: async () => {} })
    await expect(refused).rejects.toMatchObject({ system: 'postgres', retryable: true })
    await expect(refused).rejects.not.toThrow(/secret/)
  })
})

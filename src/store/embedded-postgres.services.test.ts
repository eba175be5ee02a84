// The embedded server for real: started, shared, killed, moved. What needs root (or needs not to be root) says so.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { poll } from '../lib/deadline.ts'
import { identify, isAlive } from '../lib/process-identity.ts'
import { openPostgres } from './embedded-postgres.ts'
import type { Postgres } from './embedded-postgres.ts'
import { findPackage, prepareBinaries } from './server-binaries.ts'
import { findServer } from './server-process.ts'
import { canEnter, chooseServerUser } from './server-user.ts'

const isRoot = process.getuid?.() === 0
const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 }
const root = mkdtempSync(join(tmpdir(), 'embedded-'))
chmodSync(root, 0o755)
const open: Postgres[] = []
afterEach(async () => {
  for (const postgres of open.splice(0)) await postgres.close()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function start(stateDirectory: string, log?: (line: string) => void): Promise<Postgres> {
  const postgres = await openPostgres({ stateDirectory, ...(log && { log }) })
  open.push(postgres)
  return postgres
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

const serverIn = (state: string) => {
  const base = join(state, 'postgres')
  return findServer({ base, sockets: join(base, 'socket') })
}

/** A gonogo of its own process: opens, prints the URL, closes when its input ends. */
function spawnCommand(stateDirectory: string, identity: { uid?: number; gid?: number } = {}) {
  const script = `
    import { openPostgres } from ${JSON.stringify(new URL('embedded-postgres.ts', import.meta.url).href)}
    const postgres = await openPostgres({ stateDirectory: ${JSON.stringify(stateDirectory)} })
    process.stdout.write(postgres.url + '\\n')
    process.stdin.resume().once('end', async () => { await postgres.close(); process.exit(0) })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { ...identity, cwd: '/', stdio: 'pipe' })
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const url = Promise.race([
    once(child.stdout, 'data').then(([line]) => String(line).trim()),
    once(child, 'exit').then(() => Promise.reject(new Error(errors))),
  ])
  return {
    url,
    async end() {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('the embedded Postgres', () => {
  const state = join(root, 'plain')

  it('keeps data from one command to the next, and stops with the last of them', async () => {
    const first = await start(state)
    await query(first.url, `create table t as select 'größer' as word`)
    const server = serverIn(state)!
    expect(isAlive(server)).toBe(true)
    await first.close()
    expect(isAlive(server)).toBe(false)
    const second = await start(state)
    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'select word from t')).toEqual([{ word: 'größer' }])
  })

  it('is durable, and listens on no network address', async () => {
    const { url } = await start(state)
    const settings = `select name, setting from pg_settings
      where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses') order by name`
    expect(await query(url, settings)).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'listen_addresses', setting: '' },
      { name: 'synchronous_commit', setting: 'on' },
    ])
  })

  it('is not disturbed by PG variables of the caller', async () => {
    const before = { ...process.env }
    Object.assign(process.env, { PGPORT: '1', PGHOST: 'elsewhere.invalid', PGSSLMODE: 'require', PGUSER: 'x' })
    try {
      const { url } = await start(join(root, 'variables'))
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    } finally {
      process.env = before
    }
  })

  it('is shared: whoever closes first leaves it to the others', async () => {
    const [a, b] = [await start(state), await start(state)]
    await a.close()
    await a.close()
    expect(await query(b.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('is one server for processes that start it at the same moment, for the first time', async () => {
    const fresh = join(root, 'race')
    const commands = Array.from({ length: 3 }, () => spawnCommand(fresh))
    const urls = await Promise.all(commands.map((command) => command.url))
    expect(new Set(urls).size).toBe(1)
    const server = serverIn(fresh)!
    for (const command of commands) {
      expect(isAlive(server)).toBe(true)
      await command.end()
    }
    expect(isAlive(server)).toBe(false)
  })

  it('outlives a command that was killed, and stops with the next that closes', async () => {
    const command = spawnCommand(state)
    await command.url
    const server = serverIn(state)!
    await command.kill()
    expect(isAlive(server)).toBe(true)
    const next = await start(state)
    expect(serverIn(state)).toEqual(server)
    await next.close()
    expect(isAlive(server)).toBe(false)
    expect(readdirSync(join(state, 'postgres', 'leases'))).toEqual([])
  })

  it('killed, is started again under the same address while it is open', async () => {
    const { url } = await start(state)
    await query(url, 'create table survived as select 1 as one')
    const server = serverIn(state)!
    process.kill(server.pid, 'SIGKILL')
    const rows = await poll(() => query(url, 'select one from survived').catch(() => null), {
      everyMs: 20,
      timeoutMs: 20_000,
    })
    expect(rows).toEqual([{ one: 1 }])
    expect(serverIn(state)!.pid).not.toBe(server.pid)
  })

  it('killed together with its command, is recovered by the next', async () => {
    const command = spawnCommand(state)
    await query(await command.url, 'create table kept as select 2 as two')
    const server = serverIn(state)!
    await command.kill()
    process.kill(server.pid, 'SIGKILL')
    const next = await start(state)
    expect(await query(next.url, 'select two from kept')).toEqual([{ two: 2 }])
  })

  it('is neither taken for nor stopped as a program that was given its process id since', async () => {
    const command = spawnCommand(state)
    await command.url
    const server = serverIn(state)!
    await command.kill()
    process.kill(server.pid, 'SIGKILL')
    const user = chooseServerUser()
    const stranger = spawn('sleep', ['60'], user ? { uid: user.uid, gid: user.gid } : {})
    const pidFile = join(state, 'postgres', 'data', 'postmaster.pid')
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(String(server.pid), String(stranger.pid)))
    expect(serverIn(state)).toBeNull()
    const next = await start(state)
    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await next.close()
    expect(isAlive(identify(stranger.pid!)!)).toBe(true)
    stranger.kill()
  })

  it('is found by a relative path too', async () => {
    const { url } = await start(relative(process.cwd(), state))
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('begins anew where making the cluster was interrupted', async () => {
    const fresh = join(root, 'interrupted')
    mkdirSync(join(fresh, 'postgres', 'data.draft-1', 'base'), { recursive: true })
    const { url } = await start(fresh)
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(existsSync(join(fresh, 'postgres', 'data.draft-1'))).toBe(false)
  })

  it('has its socket elsewhere where the path would be too long for one', async () => {
    const deep = join(root, 'a'.repeat(100))
    const { url } = await start(deep)
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    const sockets = new URL(url).searchParams.get('host')!
    expect(sockets.startsWith(deep)).toBe(false)
    expect(statSync(sockets).mode & 0o777).toBe(0o700)
    await open.pop()!.close()
    rmSync(sockets, { recursive: true })
  })
})

describe.runIf(isRoot)('as root', () => {
  it('runs as another user, who alone, besides root, can reach its data and its socket', async () => {
    const state = join(root, 'root')
    const { url } = await start(state)
    expect(statSync(join(state, 'postgres', 'data'))).toMatchObject({ uid: chooseServerUser()!.uid })
    for (const part of ['data', 'socket']) expect(statSync(join(state, 'postgres', part)).mode & 0o777).toBe(0o700)
    const who = await query(url, 'select current_user as role')
    expect(who).toEqual([{ role: 'gonogo' }])
  })

  it('lets nobody in but the account that runs gonogo, and root: the kernel says who connects', async () => {
    const state = join(root, 'peer')
    const { url } = await start(state)
    chmodSync(join(state, 'postgres', 'socket'), 0o755)
    const connect = `
      import pg from ${JSON.stringify(import.meta.resolve('pg'))}
      const client = new pg.Client(${JSON.stringify(url)})
      await client.connect().then(() => console.log('in'), (error) => console.log(error.message))
      process.exit()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', connect], {
      ...nobody,
      cwd: '/',
      stdio: 'pipe',
    })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    expect(String(said)).toContain('Peer authentication failed')
  })

  it('keeps the database elsewhere, says so and finds it again, where its user cannot enter the project', async () => {
    const home = join(root, 'private')
    mkdirSync(home, { mode: 0o700 })
    const state = join(home, 'state')
    const lines: string[] = []
    const first = await start(state, (line) => lines.push(line))
    await query(first.url, 'create table t as select 1 as one')
    const { base } = JSON.parse(readFileSync(join(state, 'postgres', 'location.json'), 'utf8')) as { base: string }
    expect(base.startsWith(home)).toBe(false)
    expect(lines).toEqual([expect.stringContaining(base)])
    await first.close()
    const second = await start(state, (line) => lines.push(line))
    expect(await query(second.url, 'select one from t')).toEqual([{ one: 1 }])
    expect(lines).toHaveLength(1)
    await second.close()
    rmSync(base, { recursive: true })
    await expect(openPostgres({ stateDirectory: state })).rejects.toThrow(/was kept in .* which is gone/)
  })

  it('is refused where there is no user to run as; "postgres" comes before "nobody"', () => {
    const passwd = join(root, 'passwd')
    const write = (text: string): string => {
      writeFileSync(passwd, text)
      return passwd
    }
    expect(() => chooseServerUser(write('root:x:0:0::/root:/bin/sh\n'))).toThrow(/no user "postgres" or "nobody"/)
    const both = 'nobody:x:65534:65534::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n'
    expect(chooseServerUser(write(both))).toEqual({ name: 'postgres', uid: 101, gid: 104 })
    expect(chooseServerUser(write(both.split('\n')[0]!))).toEqual(nobody)
  })

  const canRunAsNobody = canEnter(new URL('.', import.meta.url).pathname, nobody)
  it.runIf(canRunAsNobody)('leaves what an ordinary user has made to that user', async () => {
    const state = join(root, 'ordinary')
    mkdirSync(state)
    chownSync(state, nobody.uid, nobody.gid)
    const command = spawnCommand(state, nobody)
    await query(await command.url, 'create table t as select 1 as one')
    await command.end()
    const mine = await start(state)
    expect(await query(mine.url, 'select one from t')).toEqual([{ one: 1 }])
    await mine.close()
    const again = spawnCommand(state, nobody)
    await again.url
    await again.end()
  })
})

describe('the binaries', () => {
  const bare = join(root, 'package')

  it('work where npm ran no install script: links are made, programs made executable', () => {
    cpSync(findPackage(), bare, { recursive: true, verbatimSymlinks: true })
    const links = JSON.parse(readFileSync(join(bare, 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[]
    for (const { target } of links) rmSync(join(bare, target), { force: true })
    for (const program of ['initdb', 'postgres']) chmodSync(join(bare, 'native', 'bin', program), 0o644)
    for (let twice = 0; twice < 2; twice++) {
      expect(prepareBinaries(bare, root, null)).toBe(join(bare, 'native', 'bin'))
      for (const { target } of links) expect(existsSync(join(bare, target))).toBe(true)
    }
    expect(statSync(join(bare, 'native', 'bin', 'postgres')).mode & 0o555).toBe(0o555)
  })

  it.runIf(isRoot)('are copied, once, where the user they run as cannot reach them', () => {
    chmodSync(bare, 0o700)
    const copied = prepareBinaries(bare, root, nobody)
    expect(copied.startsWith(bare)).toBe(false)
    expect(canEnter(copied, nobody)).toBe(true)
    const { ino } = statSync(join(copied, 'postgres'))
    expect(prepareBinaries(bare, root, nobody)).toBe(copied)
    expect(statSync(join(copied, 'postgres')).ino).toBe(ino)
  })

  it('that do not exist for a system are said to be missing, with what to do', () => {
    expect(() => findPackage('plan9', 'vax')).toThrow(
      expect.objectContaining({ system: 'postgres', hint: expect.stringContaining('DATABASE_URL') as string }),
    )
  })
})

describe('a Postgres of the user', () => {
  it('is used as it is', async () => {
    const { url } = await start(join(root, 'plain'))
    const given = await openPostgres({ stateDirectory: join(root, 'unused'), databaseUrl: url })
    expect(given.url).toBe(url)
    await given.close()
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(existsSync(join(root, 'unused'))).toBe(false)
  })

  it('that does not answer is an error with a remedy', async () => {
    const databaseUrl = 'postgresql://x:secret@127.0.0.1:1/x'
    const refused = openPostgres({ stateDirectory: root, databaseUrl })
    await expect(refused).rejects.toMatchObject({ system: 'postgres', retryable: true })
    await expect(refused).rejects.not.toThrow(/secret/)
  })
})

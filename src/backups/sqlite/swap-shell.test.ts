// The capsule's shell: run by sh alone, from elsewhere, twice, after being killed anywhere, and when it must refuse.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { addRows, backupOf, IDLE, makeDatabase, marksIn, stop, temporaryDirectory, userOf } from './fixture.ts'
import { stagedPath } from './places.ts'

const signal = AbortSignal.timeout(60_000)

/** Runs the way the capsule does: `sh`, `set -eu`, another directory, nothing of ours in the environment. */
function run(shell: string) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `set -eu\n${shell}`], {
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** A staged backup with rows `old`; the live database also has rows `new`, some of them only in a dead service's log. */
async function staged() {
  const directory = temporaryDirectory()
  const file = join(directory, 'app.db')
  makeDatabase(file, { rows: 1000, mark: 'old' })
  const backup = backupOf(directory)
  const manifest = await backup.create(signal)
  const user = await userOf(
    file,
    `database.exec("PRAGMA wal_autocheckpoint = 0; INSERT INTO facts (mark) VALUES ('new')"); console.log('ready'); setInterval(() => {}, 1000)`,
  )
  await stop(user)
  expect(existsSync(`${file}-wal`)).toBe(true)
  const { shell } = await backup.stage(manifest, signal)
  const kept = () =>
    readdirSync(directory)
      .filter((name) => /\.replaced-\w+$/.test(name))
      .map((name) => join(directory, name))
  return { directory, file, backup, manifest, shell, kept }
}

it('swaps the staged copy in, keeps the old database with its log, and does nothing the second time', async () => {
  const { file, shell, kept } = await staged()
  expect(run(shell)).toMatchObject({ status: 0, stdout: expect.stringContaining('the backup is in place') })
  expect(marksIn(file)).toEqual({ old: 1000 })
  expect(kept().map((path) => marksIn(path))).toEqual([{ new: 1, old: 1000 }])
  {
    using database = new DatabaseSync(file)
    addRows(database, { rows: 7, mark: 'after' })
  }
  expect(run(shell)).toMatchObject({ status: 0, stdout: 'the backup is in place already\n' })
  expect(marksIn(file)).toEqual({ after: 7, old: 1000 })
  expect(kept()).toHaveLength(1)
})

it('is finished by a second run wherever it was killed', async () => {
  const changes =
    /^ *(if \[ -e "\$db" \]; then ln .*|if \[ -e "\$db\$ending" \]; then mv .*|rm -f "\$db-shm".*|mv -f "\$staged" "\$db".*)$/gm
  const { shell: sample } = await staged()
  const moments = [...sample.matchAll(changes)].length
  expect(moments).toBe(4)
  for (let moment = 0; moment < moments; moment++) {
    const { file, shell, kept } = await staged()
    let seen = 0
    const killed = shell.replace(changes, (line) => (seen++ === moment ? `${line}\nkill -9 $$` : line))
    expect(run(killed).status).toBeNull()
    expect(run(shell)).toMatchObject({ status: 0 })
    expect(marksIn(file)).toEqual({ old: 1000 })
    expect(kept().map((path) => marksIn(path))).toEqual([{ new: 1, old: 1000 }])
  }
})

it('copies the backup again when the staged copy is gone', async () => {
  const { file, manifest, shell, kept } = await staged()
  rmSync(stagedPath(file, manifest))
  expect(run(shell)).toMatchObject({ status: 0 })
  expect(marksIn(file)).toEqual({ old: 1000 })
  expect(kept()).toHaveLength(1)
})

it('refuses a copy that has not the recorded size, and changes nothing', async () => {
  const { file, manifest, shell, kept } = await staged()
  truncateSync(stagedPath(file, manifest), 4096)
  expect(run(shell)).toMatchObject({ status: 1, stderr: expect.stringContaining('has 4096 bytes, not') })
  expect(kept()).toEqual([])
  expect(marksIn(file)).toEqual({ new: 1, old: 1000 })
})

it('refuses when neither the staged copy nor the backup exists', async () => {
  const { file, manifest, shell } = await staged()
  rmSync(stagedPath(file, manifest))
  rmSync(manifest.file)
  expect(run(shell)).toMatchObject({ status: 1, stderr: expect.stringContaining('neither') })
  expect(marksIn(file)).toEqual({ new: 1, old: 1000 })
})

it.runIf(process.platform === 'linux')('refuses while a process has the database open, which is named', async () => {
  const { file, shell, kept } = await staged()
  const user = await userOf(file, IDLE)
  const impatient = `sleep() { :; }\n${shell}`
  expect(run(impatient)).toMatchObject({ status: 1, stderr: expect.stringContaining(`open in process ${user.pid}`) })
  expect(kept()).toEqual([])
  await stop(user)
  expect(run(shell)).toMatchObject({ status: 0 })
  expect(marksIn(file)).toEqual({ old: 1000 })
})

it.runIf(process.platform === 'linux')('waits for a process that is about to go', async () => {
  const { file, shell } = await staged()
  const user = await userOf(file, IDLE)
  const child = spawn('sh', ['-c', `set -eu\n${shell}`], { stdio: 'ignore' })
  const done = once(child, 'exit')
  await stop(user)
  expect(await done).toEqual([0, null])
  expect(marksIn(file)).toEqual({ old: 1000 })
})

it('stages anew for another backup and clears the older copy away', async () => {
  const { directory, file, backup, manifest } = await staged()
  const second = await backup.create(signal)
  await backup.stage(second, signal)
  expect(readdirSync(directory).filter((name) => name.includes('staged'))).toEqual([
    stagedPath(file, second).slice(directory.length + 1),
  ])
  expect(second.id).not.toBe(manifest.id)
})

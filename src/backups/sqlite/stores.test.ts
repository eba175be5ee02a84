// Copies that lie in a folder too: put there whole, listed, kept for as long, and fetched back when the local one is gone.
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { addRows, backupOf, makeDatabase, marksIn, outsideErrorOf, temporaryDirectory } from './fixture.ts'

const signal = AbortSignal.timeout(120_000)

function withFolder(options: Record<string, unknown> = {}) {
  const directory = temporaryDirectory()
  const file = join(directory, 'app.db')
  makeDatabase(file, { rows: 100, mark: 'old' })
  const backup = backupOf(directory, { upload: [{ store: 'folder', directory: 'share' }], ...options })
  const share = join(directory, 'share/main')
  const inShare = () => (existsSync(share) ? readdirSync(share, { recursive: true, encoding: 'utf8' }).toSorted() : [])
  return { directory, file, backup, share, inShare }
}

describe('a folder as store', () => {
  it('gets the copy and its manifest, and the list says where each copy lies', async () => {
    const { backup, share, inShare } = withFolder()
    const { id, file } = await backup.create(signal)
    expect(inShare()).toEqual([id, `${id}/${id}.db`, `${id}/manifest.json`])
    expect(readFileSync(join(share, id, `${id}.db`)).equals(readFileSync(file))).toBe(true)
    expect((await backup.list()).map(({ places }) => places)).toEqual([['local', `folder ${share}`]])
    expect(await backup.troubles?.()).toEqual([])
  })

  it('gives a copy back that is gone here, and it is verified and restored', async () => {
    const { directory, file, backup, share } = withFolder()
    const { id } = await backup.create(signal)
    rmSync(join(directory, '.gonogo'), { recursive: true })
    using database = new DatabaseSync(file)
    addRows(database, { rows: 3, mark: 'new' })
    database.close()
    const [found] = await backup.list()
    expect(found).toMatchObject({ id, places: [`folder ${share}`] })
    expect((await backup.preview(found!)).rowsAddedSince).toEqual({ facts: 3 })
    await backup.restore(found!, { skipValidation: false, signal })
    expect(marksIn(file)).toEqual({ old: 100 })
    expect((await backup.list())[0]?.places).toEqual(['local', `folder ${share}`])
    expect(await backup.verify(found!, signal)).toMatchObject({ ok: true })
  })

  it('is not believed when what it gives back has changed', async () => {
    const { directory, file, backup, share } = withFolder()
    const { id } = await backup.create(signal)
    rmSync(join(directory, '.gonogo'), { recursive: true })
    const stored = join(share, id, `${id}.db`)
    const content = readFileSync(stored)
    content[content.length - 5]! ^= 0xff
    writeFileSync(stored, content)
    const [found] = await backup.list()
    const error = await outsideErrorOf(backup.restore(found!, { skipValidation: true, signal }))
    expect(error.message).toMatch(/no store gave it: .*SHA-256 has changed/)
    expect(marksIn(file)).toEqual({ old: 100 })
    expect(readdirSync(join(directory, '.gonogo/backups/main'))).toEqual([])
  })

  it('keeps as many copies as are kept here', async () => {
    const { backup, inShare } = withFolder({ keep: 2 })
    const ids = []
    for (let round = 0; round < 3; round++) ids.push((await backup.create(signal)).id)
    expect(inShare().filter((name) => name.endsWith('.db'))).toEqual(
      ids
        .slice(1)
        .toSorted()
        .map((id) => `${id}/${id}.db`),
    )
  })

  it('that cannot be written leaves the local copy, and says both', async () => {
    const { directory, backup } = withFolder()
    writeFileSync(join(directory, 'share'), 'a file')
    const error = await outsideErrorOf(backup.create(signal))
    expect(error.message).toMatch(
      /was taken and lies in .*\.db, but not in every store: folder .*: cannot .*(ENOTDIR|EEXIST)/,
    )
    const listed = await backup.list()
    expect(listed.map(({ places }) => places)).toEqual([['local']])
  })

  it('is cleared of what killed uploads left, and of nothing that another machine may be at', async () => {
    const { backup, share, inShare } = withFolder()
    mkdirSync(join(share, 'x'), { recursive: true })
    writeFileSync(join(share, `x/.part-${hostname()}-999999999-1-x.db`), 'half')
    writeFileSync(join(share, 'x/.part-elsewhere-1-1-x.db'), 'half')
    await backup.create(signal)
    expect(inShare().filter((name) => name.includes('.part-'))).toEqual(['x/.part-elsewhere-1-1-x.db'])
  })

  it('that gets a copy whose manifest is missing does not list it', async () => {
    const { directory, backup, share } = withFolder()
    const { id } = await backup.create(signal)
    rmSync(join(directory, '.gonogo'), { recursive: true })
    truncateSync(join(share, id, 'manifest.json'), 20)
    expect(await backup.list()).toEqual([])
  })
})

describe('what the list leaves out', () => {
  it('is named: manifests that cannot be read, copies that are gone', async () => {
    const { backup } = withFolder({ upload: [] })
    const [broken, gone, whole] = [
      await backup.create(signal),
      await backup.create(signal),
      await backup.create(signal),
    ]
    writeFileSync(`${broken.file}.manifest.json`, '{"id": ')
    rmSync(gone.file)
    expect((await backup.list()).map(({ id }) => id)).toEqual([whole.id])
    expect((await backup.troubles?.())?.toSorted()).toEqual(
      [
        `${broken.file}.manifest.json cannot be read: it is no JSON`,
        `the copy ${gone.file} is gone, only its manifest is there`,
      ].toSorted(),
    )
  })

  it('is every manifest that says something a restore could not rely on', async () => {
    const { backup } = withFolder({ upload: [] })
    const manifest = await backup.create(signal)
    for (const change of [
      { id: '../../etc/x' },
      { sha256: 'x' },
      { bytes: 'many' },
      { rows: null },
      { takenAt: null },
    ]) {
      writeFileSync(`${manifest.file}.manifest.json`, JSON.stringify({ ...manifest, ...change }))
      expect(await backup.list()).toEqual([])
    }
  })
})

it.skipIf(process.getuid?.() === 0)('names a directory of copies that cannot be read', async () => {
  const { directory, backup } = withFolder({ upload: [] })
  await backup.create(signal)
  chmodSync(join(directory, '.gonogo/backups/main'), 0)
  expect((await outsideErrorOf(backup.list())).message).toContain('EACCES')
  chmodSync(join(directory, '.gonogo/backups/main'), 0o700)
})

// Against a real server that speaks S3: moto's.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { motoFolder, startMoto, type MotoServer } from '../../../test/servers/moto.ts'
import { poll } from '../../lib/deadline.ts'
import { OutsideError } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { sqlite } from '../sqlite.ts'
import { createS3, s3 } from './s3.ts'
import type { Store } from './store.ts'

const signal = AbortSignal.timeout(280_000)
const sdk = await import('@aws-sdk/client-s3').catch(() => null)
const moto = sdk ? motoFolder() : null
if (!moto)
  console.warn(
    `SKIPPED: s3.services.test.ts needs ${sdk ? 'moto[server], which could not be installed' : '@aws-sdk/client-s3'}`,
  )

describe.skipIf(!moto)('a bucket as store', () => {
  let server: MotoServer
  let endpoint = ''
  let directory = ''
  let store: Store
  const options = (more: Record<string, unknown> = {}) => ({
    store: 's3' as const,
    bucket: 'copies',
    prefix: '/shop/',
    endpoint,
    accessKeyId: 'key',
    secretAccessKey: 'secret-to-hide',
    ...more,
  })
  const client = () =>
    new sdk!.S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'key', secretAccessKey: 'x' },
    })

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gonogo-s3-'))
    server = await startMoto(moto ?? '')
    endpoint = server.endpoint
    await client().send(new sdk!.CreateBucketCommand({ Bucket: 'copies' }))
    store = open()
  })
  afterAll(async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const open = (more: Record<string, unknown> = {}): Store =>
    s3.create(s3.options.parse(options(more)), { directory, name: 'main' })

  function file(name: string, content: Buffer) {
    const path = join(directory, name)
    writeFileSync(path, content)
    return { path, proof: { bytes: content.length, sha256: sha256(content) } }
  }

  it.each([
    ['nothing', 0],
    ['a small one, in one request', 1000],
    ['a large one, in three parts', 40 << 20],
  ])('takes a file and gives it back: %s', async (_, bytes) => {
    const content = randomBytes(bytes)
    const { path, proof } = file(`sent-${bytes}`, content)
    await store.put(`a/${bytes}`, path, proof, signal)
    const back = join(directory, `back-${bytes}`)
    await store.get(`a/${bytes}`, back, signal)
    expect(readFileSync(back).equals(content)).toBe(true)
    expect(await store.list(signal)).toContainEqual({ key: `a/${bytes}`, bytes, modifiedAt: expect.any(Number) })
    await store.remove(`a/${bytes}`, signal)
    await store.remove(`a/${bytes}`, signal)
    expect((await store.list(signal)).map(({ key }) => key)).not.toContain(`a/${bytes}`)
  })

  it('shows nothing of a file that is not what was backed up, and leaves no parts behind', async () => {
    const { path } = file('changed', randomBytes(20 << 20))
    const proof = { bytes: 20 << 20, sha256: sha256('something else') }
    await expect(store.put('b/changed', path, proof, signal)).rejects.toThrow(/is not what was backed up/)
    expect((await store.list(signal)).map(({ key }) => key)).not.toContain('b/changed')
    expect((await client().send(new sdk!.ListMultipartUploadsCommand({ Bucket: 'copies' }))).Uploads ?? []).toEqual([])
  })

  it('leaves nothing behind when it is cancelled between parts', async () => {
    const { path, proof } = file('cancelled', randomBytes(40 << 20))
    const cancel = new AbortController()
    const putting = store.put('b/cancelled', path, proof, cancel.signal)
    const begun = async () =>
      ((await client().send(new sdk!.ListMultipartUploadsCommand({ Bucket: 'copies' }))).Uploads ?? []).length > 0 ||
      null
    await poll(begun, { everyMs: 5, timeoutMs: 20_000 })
    cancel.abort()
    await expect(putting).rejects.toThrow(/it was cancelled/)
    expect((await client().send(new sdk!.ListMultipartUploadsCommand({ Bucket: 'copies' }))).Uploads ?? []).toEqual([])
    expect((await store.list(signal)).map(({ key }) => key)).not.toContain('b/cancelled')
  })

  it('notices that the server has something else than was sent', async () => {
    const { path, proof } = file('lied', randomBytes(1000))
    const load = async () => {
      class Lying extends sdk!.S3Client {
        override async send(...given: never[]): Promise<never> {
          const answer = (await super.send(...(given as unknown as [never]))) as { ContentLength?: number }
          if (answer.ContentLength === 1000) answer.ContentLength = 999
          return answer as never
        }
      }
      return { ...sdk!, S3Client: Lying } as never
    }
    const lying = createS3(s3.options.parse(options()) as never, 'main', load)
    await expect(lying.put('b/lied', path, proof, signal)).rejects.toThrow(/did not arrive as it was sent/)
    expect((await store.list(signal)).map(({ key }) => key)).not.toContain('b/lied')
  })

  it('keeps backups: put, listed, let go, fetched and restored when the local ones are gone', async () => {
    const live = join(directory, 'app.db')
    using database = new DatabaseSync(live)
    database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2)')
    const given = sqlite.options.parse({ database: live, keep: 2, upload: [options()] })
    const backup = sqlite.create(given, { name: 'shop', directory, stateDirectory: join(directory, '.gonogo') })
    const taken = [await backup.create(signal), await backup.create(signal), await backup.create(signal)]
    rmSync(join(directory, '.gonogo'), { recursive: true })
    const listed = await backup.list()
    expect(listed.map(({ id, places }) => [id, places])).toEqual(
      taken
        .slice(1)
        .toReversed()
        .map(({ id }) => [id, ['s3 copies/shop/shop']]),
    )
    database.exec('DELETE FROM t')
    await backup.restore(listed[1]!, { skipValidation: false, signal })
    expect(database.prepare('SELECT count(*) AS count FROM t').get()).toEqual({ count: 2 })
    expect(readdirSync(join(directory, '.gonogo/backups/shop'))).toHaveLength(2)
  })

  it.each([
    ['there is no such bucket', () => ({ bucket: 'no-such-bucket' }), /NoSuchBucket/],
    ['the server is down', () => ({ endpoint: 'http://127.0.0.1:1' }), /ECONNREFUSED/],
  ])('says in one line that %s', async (_, more, message) => {
    const { path, proof } = file('unsent', Buffer.from('x'))
    const error = await open(more())
      .put('c/x', path, proof, signal)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OutsideError)
    expect((error as OutsideError).message).toMatch(message)
    expect((error as OutsideError).toLine()).toContain('see that endpoint, bucket and credentials are right')
    expect((error as OutsideError).toLine()).not.toContain('secret-to-hide')
  })

  it('that is down leaves the local backup whole, and says so; it is listed as local only', async () => {
    const live = join(directory, 'down.db')
    using database = new DatabaseSync(live)
    database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY)')
    const given = sqlite.options.parse({ database: live, upload: [options({ endpoint: 'http://127.0.0.1:1' })] })
    const backup = sqlite.create(given, { name: 'down', directory, stateDirectory: join(directory, '.gonogo') })
    await expect(backup.create(signal)).rejects.toThrow(
      /was taken and lies in .*, but not in every store: s3 .*ECONNREFUSED/,
    )
    const [only] = await backup.list()
    expect(only?.places).toEqual(['local'])
    expect(await backup.verify(only!, signal)).toMatchObject({ ok: true })
    expect((await backup.troubles?.())?.[0]).toContain('ECONNREFUSED')
    expect(existsSync(only!.file)).toBe(true)
  })
})

// The bucket as store without its client, and what its options allow.
import { expect, it } from 'vitest'
import { createS3, s3 } from './s3.ts'
import { openStores, storeSecretFields, uploadOption } from './stores.ts'

const given = { store: 's3', bucket: 'copies' } as const

it('says what to install when the client is not there', async () => {
  const store = createS3(s3.options.parse(given) as never, 'main', async () => null)
  const error = await store.list(AbortSignal.timeout(5000)).catch((thrown: Error) => thrown)
  expect(String(error)).toContain('the S3 client is not installed')
})

it('is named by bucket, prefix and backup, whatever slashes were written', () => {
  const [store] = openStores(uploadOption.parse([{ ...given, prefix: '/a/b/' }]), { directory: '/', name: 'main' })
  expect(store?.name).toBe('s3 copies/a/b/main')
})

it.each([
  ['an unknown store', { store: 'ftp' }],
  ['an unknown option', { ...given, buket: 'x' }],
  ['an endpoint that is no address of a server', { ...given, endpoint: 'ftp://x' }],
])('refuses %s', (_, options) => {
  expect(uploadOption.safeParse([options]).success).toBe(false)
})

it('hides its keys', () => {
  expect(storeSecretFields).toEqual(['accessKeyId', 'secretAccessKey', 'sessionToken'])
})

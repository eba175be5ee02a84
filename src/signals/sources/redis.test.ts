import { expect, it } from 'vitest'
import type { SourceContext } from '../source.ts'
import { createRedisSource, redis } from './redis.ts'

const context: SourceContext = {
  directory: '/',
  counters: () => Promise.resolve([]),
  instances: () => Promise.resolve({}),
  versions: () => ({ candidate: 'v2', stable: 'v1' }),
}

it('says what to install where the client is not there, of each version it would tell of', async () => {
  const options = redis.options.parse({ signals: { depth: { llen: 'jobs:{{version}}' }, clients: { info: 'x' } } })
  const source = createRedisSource(options, context, () => Promise.resolve(null))
  const samples = await source.sample(1000, AbortSignal.timeout(1000))
  expect(samples.map(({ signal, version, value }) => [signal, version, value])).toEqual([
    ['depth', 'v2', null],
    ['depth', 'v1', null],
    ['clients', null, null],
  ])
  expect(samples[0]?.detail).toBe(
    'redis://127.0.0.1:6379: the Redis client is not installed: npm install redis, where gonogo is installed',
  )
})

it('is unknown where nobody listens, and does not tell the password', async () => {
  const options = redis.options.parse({
    url: 'redis://:word-to-hide@127.0.0.1:1',
    signals: { depth: { llen: 'jobs' } },
  })
  const samples = await redis.create(options, context).sample(1000, AbortSignal.timeout(5000))
  expect(samples[0]).toMatchObject({
    value: null,
    detail: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/),
  })
  expect(JSON.stringify(samples) + redis.describe(options)).not.toContain('word-to-hide')
})

it('wants one reading a signal', () => {
  const fits = (given: unknown) => redis.options.safeParse(given).success
  expect(fits(redis.example)).toBe(true)
  expect(fits(redis.failingExample)).toBe(false)
  expect(fits({ signals: { depth: {} } })).toBe(false)
  expect(fits({ signals: {} })).toBe(false)
  expect(fits({ url: '${env:REDIS_URL}', signals: { depth: { xlen: 'jobs' } } })).toBe(true)
})

// The Redis kind without a server: what it shows, what it hides, and how it fails.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { OutsideError } from '../lib/errors.ts'
import { redis } from './redis.ts'

it('never shows user or password', () => {
  const options = redis.options.parse({ url: 'rediss://ann:secret-to-hide@cache:6380/0' })
  expect(redis.describe(options)).toContain('rediss://cache:6380/0')
  expect(redis.describe(options)).not.toMatch(/secret|ann/)
  expect(redis.secretFields).toContain('url')
})

it('has an example that fails in one line, and leaves nothing behind', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-redis-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const options = redis.options.parse(redis.failingExample)
  const backup = redis.create(options, { name: 'cache', directory, stateDirectory: join(directory, '.gonogo') })
  const error = await backup.create(AbortSignal.timeout(20_000)).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(OutsideError)
  expect((error as OutsideError).toLine()).toMatch(/127\.0\.0\.1:1: ECONNREFUSED; see that Redis runs/)
  expect(readdirSync(join(directory, '.gonogo/backups/cache'))).toEqual([])
  expect(redis.options.safeParse({ url: 'http://x' }).success).toBe(false)
})

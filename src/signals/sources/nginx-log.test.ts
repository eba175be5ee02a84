import { appendFileSync, copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Sample } from '../../plan/signal.ts'
import type { Source, SourceContext } from '../source.ts'
import { nginxLog } from './nginx-log.ts'
import { compileFormat } from './nginx-log/line-format.ts'

let directory = ''
let path = ''
const sources: Source[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-nginx-log-'))
  path = join(directory, 'access.log')
})
afterEach(async () => {
  for (const source of sources.splice(0)) await source.close?.()
  rmSync(directory, { recursive: true })
})

const V1 = '127.0.0.1:3001'
const V2 = '127.0.0.1:3002'

function line(status: number, upstream: string, seconds = '0.010', user = '-'): string {
  return `203.0.113.7 - ${user} [21/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" ${status} 5 "-" "curl \\x22x\\x22" ${seconds} ${upstream}\n`
}

function looker(given: Record<string, unknown> = {}): () => Promise<Sample[]> {
  const context: SourceContext = {
    directory,
    counters: () => Promise.resolve([]),
    instances: () =>
      Promise.resolve({
        v1: [{ id: 'a', host: 'localhost', port: 3001, pid: null, restarts: 0 }],
        v2: [{ id: 'b', host: '127.0.0.1', port: 3002, pid: null, restarts: 0 }],
      }),
    versions: () => ({ candidate: 'v2', stable: 'v1' }),
  }
  const source = nginxLog.create(nginxLog.options.parse({ path: 'access.log', ...given }), context)
  sources.push(source)
  return () => source.sample(1000, AbortSignal.timeout(5000))
}

const find = (samples: Sample[], signal: string, version: string | null): Sample | undefined =>
  samples.find((sample) => sample.signal === signal && sample.version === version)
/** Requests and errors by version, null where they are unknown. */
const counts = (samples: Sample[]) =>
  Object.fromEntries(
    [null, 'v1', 'v2'].map((version) => {
      const tally = find(samples, 'requests', version)?.tally
      return [version ?? 'service', tally ? [tally.requests, tally.errors] : null]
    }),
  )
const nothing = { service: null, v1: null, v2: null }

describe('nginx-log source', () => {
  it('counts what is written from now on, by the instances that answered', async () => {
    writeFileSync(path, line(500, V1).repeat(20))
    const look = looker()
    expect((await look()).every(({ value }) => value === null)).toBe(true)
    appendFileSync(
      path,
      line(200, V1, '0.004') + line(404, V1, '0.100') + line(503, V2, '2.000') + line(499, V2) + line(200, '-'),
    )
    const samples = await look()
    expect(counts(samples)).toEqual({ service: [5, 1], v1: [2, 0], v2: [2, 1] })
    expect(find(samples, 'error-rate', 'v2')).toMatchObject({ value: 50, unit: 'percent', observations: 2 })
    expect(find(samples, 'response-time', 'v1')?.value).toBe(52)
    expect(find(samples, 'response-time-p99', 'v1')?.value).toBe(100)
    expect(find(samples, 'requests', 'v1')?.tally?.latency?.counts.reduce((sum, count) => sum + count)).toBe(2)
    expect(counts(await look())).toEqual({ service: [0, 0], v1: [0, 0], v2: [0, 0] })
    expect(find(await look(), 'error-rate', 'v1')).toMatchObject({
      value: null,
      observations: 0,
      detail: 'no requests',
    })
  })

  it('waits for the end of a line, and leaves out one whose beginning it has not seen', async () => {
    writeFileSync(path, line(500, V1).slice(0, 60))
    const look = looker()
    await look()
    appendFileSync(path, line(500, V1).slice(60) + line(200, V1).slice(0, -9))
    expect(counts(await look()).v1).toEqual([0, 0])
    appendFileSync(path, line(200, V1).slice(-9))
    expect(counts(await look()).v1).toEqual([1, 0])
  })

  it('loses no line when the log is moved away, written on, and made anew', async () => {
    writeFileSync(path, '')
    const look = looker()
    await look()
    appendFileSync(path, line(200, V1))
    renameSync(path, `${path}.1`)
    appendFileSync(`${path}.1`, line(200, V1) + line(200, V2).slice(0, 30))
    expect(counts(await look())).toMatchObject({ service: [2, 0], v1: [2, 0] })
    expect(counts(await look())).toEqual(nothing)
    writeFileSync(path, line(500, V2))
    appendFileSync(`${path}.1`, line(200, V2).slice(30))
    expect(counts(await look())).toMatchObject({ service: [2, 1], v2: [2, 1] })
    // The old one twice more: both are still followed.
    renameSync(path, `${path}.2`)
    writeFileSync(path, line(200, V1))
    appendFileSync(`${path}.1`, line(200, V1))
    appendFileSync(`${path}.2`, line(200, V1))
    expect(counts(await look())).toMatchObject({ service: [3, 0], v1: [3, 0] })
  })

  it.each([
    ['shorter than before', 1],
    ['already longer than before', 30],
  ])('knows nothing of the look at which the log was copied and cut off, %s, and goes on', async (_, after) => {
    writeFileSync(path, line(200, V1).repeat(3))
    const look = looker()
    await look()
    appendFileSync(path, line(200, V1).repeat(5))
    copyFileSync(path, `${path}.1`)
    truncateSync(path)
    appendFileSync(path, line(502, V2).repeat(after))
    const cut = await look()
    expect(counts(cut)).toEqual(nothing)
    expect(cut[0]?.detail).toMatch(/cut off/)
    appendFileSync(path, line(200, V2))
    expect(counts(await look())).toMatchObject({ v2: [after + 1, after] })
  })

  it('reads a log that is made later from its beginning, and says that there is none before', async () => {
    const look = looker()
    expect((await look())[0]).toMatchObject({
      value: null,
      detail: expect.stringMatching(/^there is no .*access\.log$/),
    })
    writeFileSync(path, line(200, V1).repeat(4))
    expect(counts(await look()).v1).toEqual([4, 0])
  })

  it('counts an attempt that made nginx ask another server as a failure of the first', async () => {
    writeFileSync(path, '')
    const look = looker()
    await look()
    appendFileSync(path, line(200, `${V2}, ${V1}`, '0.300') + line(200, V1) + line(504, `${V2} : ${V2}`))
    const samples = await look()
    expect(counts(samples)).toEqual({ service: [3, 1], v1: [2, 0], v2: [3, 3] })
  })

  it('takes the time of each attempt where it is logged, so that nobody has another one waiting on its account', async () => {
    writeFileSync(path, '')
    const look = looker({ format: '$status $upstream_response_time $upstream_addr', time: 'upstream_response_time' })
    await look()
    appendFileSync(path, `200 0.900, 0.010 ${V2}, ${V1}\n200 - ${V2}\n`)
    const samples = await look()
    expect(find(samples, 'response-time', 'v1')?.value).toBe(10)
    expect(find(samples, 'response-time', 'v2')?.value).toBe(900)
    expect(find(samples, 'response-time-p99', null)?.value).toBe(1000)
  })

  it('reads JSON, with times in ms, the version by a header', async () => {
    writeFileSync(path, '')
    const look = looker({ format: 'json', time: 'took', timeUnit: 'ms', version: 'app' })
    await look()
    const write = (entry: unknown): void => appendFileSync(path, `${JSON.stringify(entry)}\n`)
    for (const entry of [
      { status: 200, took: 12, app: 'v2' },
      { status: '500', took: '30', app: 'v2' },
      { status: 200, app: 'v1' },
      { status: 200, took: 1, app: 'of somebody else' },
    ])
      write(entry)
    const samples = await look()
    expect(counts(samples)).toEqual({ service: [4, 1], v1: [1, 0], v2: [2, 1] })
    expect(find(samples, 'response-time', 'v2')?.value).toBe(21)
    expect(find(samples, 'response-time', 'v1')).toMatchObject({ value: null, detail: 'not told by the source' })
  })

  it('maps what stands in the field, and a log of one version as a whole', async () => {
    writeFileSync(path, '')
    const mapped = looker({ versions: { '10.0.0.5:*': 'stable', '10.0.0.6:*': 'candidate' } })
    const whole = looker({
      format: 'combined $request_time $upstream_addr',
      version: null,
      versions: { '*': 'candidate' },
    })
    await mapped()
    await whole()
    appendFileSync(path, line(200, '10.0.0.5:81') + line(200, '10.0.0.6:82') + line(200, '10.0.0.60:1'))
    expect(counts(await mapped())).toMatchObject({ service: [3, 0], v1: [1, 0], v2: [1, 0] })
    expect(counts(await whole())).toMatchObject({ service: [3, 0], v2: [3, 0] })
  })

  it('is unknown when the lines do not have the format, and takes no harm from single ones', async () => {
    writeFileSync(path, '')
    const look = looker()
    await look()
    appendFileSync(path, Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0x80, 10]), Buffer.from(line(200, V1).repeat(2))]))
    appendFileSync(path, line(200, V2, '0.010', 'caf\xe9 [x] "y'.replace('"', '\\x22')))
    expect(counts(await look())).toMatchObject({ v1: [2, 0], v2: [1, 0] })
    appendFileSync(path, 'GET /\n'.repeat(3) + line(200, V1))
    const odd = await look()
    expect(counts(odd)).toEqual(nothing)
    expect(odd[0]?.detail).toBe('3 of 4 lines do not have the format')
    appendFileSync(path, 'x'.repeat(70_000))
    await look()
    appendFileSync(path, `${'x'.repeat(300_000)}\n${line(200, V1).repeat(3)}`)
    expect(counts(await look()).v1).toEqual([3, 0])
  })

  it('reads on at the next look what a cancelled one left', async () => {
    writeFileSync(path, '')
    const source = nginxLog.create(nginxLog.options.parse({ path: 'access.log', versions: { [V1]: 'v1' } }), {
      directory,
      counters: () => Promise.resolve([]),
      instances: () => Promise.resolve({}),
      versions: () => ({ candidate: null, stable: null }),
    })
    sources.push(source)
    await source.sample(0, AbortSignal.timeout(5000))
    appendFileSync(path, line(200, V1).repeat(7))
    const cancelled = await source.sample(1, AbortSignal.abort())
    const next = await source.sample(2, AbortSignal.timeout(5000))
    const seen = [cancelled, next].map((samples) => find(samples, 'requests', 'v1')?.value)
    expect(seen).toEqual([null, 7])
  })

  it('says what is wrong with a format', () => {
    const said = (format: string) => nginxLog.options.safeParse({ path, format }).error?.issues[0]?.message
    expect(said('combined $request_time')).toBe('has no $upstream_addr in it')
    expect(said('$status$request_time $upstream_addr')).toMatch(/side by side/)
    expect(said('${status} $request_time $upstream_addr')).toBeUndefined()
    expect(nginxLog.options.safeParse(nginxLog.failingExample).success).toBe(false)
    expect(nginxLog.options.safeParse(nginxLog.example).success).toBe(true)
  })
})

describe('the parser of a format', () => {
  it('gives back the fields of any line that was made from the format', () => {
    const parse = compileFormat('$a [$b] "$c" $upstream_addr $d', ['a', 'b', 'c', 'upstream_addr', 'd'])
    const plain = fc.stringMatching(/^[\w.:/-]{0,20}$/)
    const quoted = fc.stringMatching(/^[\w .:/-]{0,20}$/)
    const address = fc.stringMatching(/^[\d.]{1,12}:\d{1,5}$/)
    const list = fc.tuple(address, fc.array(fc.tuple(fc.constantFrom(', ', ' : '), address), { maxLength: 3 }))
    fc.assert(
      fc.property(plain, quoted, quoted, list, plain, (a, b, c, [first, others], d) => {
        const addresses = first + others.flat().join('')
        expect(parse(`${a} [${b}] "${c}" ${addresses} ${d}`)).toEqual([a, b, c, addresses, d])
      }),
    )
  })

  it('reads any bytes at all without a throw', () => {
    const parse = compileFormat('combined $request_time $upstream_addr', ['status'])
    const json = compileFormat('json', ['status'])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('latin1')
        expect(parse(text) === null || Array.isArray(parse(text))).toBe(true)
        expect(json(text) === null || Array.isArray(json(text))).toBe(true)
      }),
    )
  })
})

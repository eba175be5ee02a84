import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { noData } from '../../test/contracts/no-data.ts'
import { exec } from '../lib/exec.ts'
import type { ActionContext } from './action.ts'
import { maintenance } from './maintenance.ts'

let directory = ''
let progress: string[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-maintenance-'))
  progress = []
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
})

function context(signal = AbortSignal.timeout(30_000)): ActionContext {
  const env = process.env as Record<string, string>
  return {
    signal,
    directory,
    env,
    commands: [],
    deed: 'run item',
    data: noData,
    logDirectory: join(directory, 'logs'),
    exec: (file, args, options) => exec(file, args, { cwd: directory, env, timeoutMs: 30_000, signal, ...options }),
    progress: (line) => void progress.push(line),
  }
}

const optionsOf = (given: object) => maintenance.options.parse(given) as Parameters<typeof maintenance.run>[0]
const FLAG = { file: 'tmp/paused' }
const isPaused = (): boolean => existsSync(join(directory, 'tmp/paused'))

/** A worker that does one job each time somebody looks, and none once told to rest if `isStuck`. */
function queueOf(jobs: number, isStuck = false): { command: string[] } {
  writeFileSync(join(directory, 'jobs'), String(jobs))
  const script = join(directory, 'left.sh')
  const next = isStuck ? '' : '[ "$n" -eq 0 ] || echo $((n - 1)) > jobs'
  writeFileSync(script, `#!/bin/sh\nread -r n < jobs\n${next}\necho "$n"\n`)
  chmodSync(script, 0o755)
  return { command: [script] }
}

describe('entering', () => {
  it('stops the workers by the flag and waits until what they have under way is done', async () => {
    const options = optionsOf({ flag: FLAG, queues: [queueOf(3)], every: '1ms' })
    expect(await maintenance.run(options, context())).toMatchObject({
      status: 'passed',
      summary: expect.stringMatching(/^the workers rest: 3 jobs done in /),
    })
    expect(isPaused()).toBe(true)
    expect(progress).toEqual(['3 jobs left', '2 jobs left', '1 job left'])
    expect(await maintenance.verify(options, context())).toBe('done')
  })

  it('queues that do not become empty: it has failed, and the workers go on', async () => {
    const options = optionsOf({ flag: FLAG, queues: [queueOf(2, true)], drain: '60ms', every: '10ms' })
    expect(await maintenance.run(options, context())).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/^2 jobs of 2 left after .*; the workers go on$/),
    })
    expect(isPaused()).toBe(false)
    expect(await maintenance.verify(options, context())).toBe('not-done')
  })

  it.each([
    ['a queue that cannot be asked', { command: ['no-such-program'] }, /cannot run no-such-program/],
    ['a queue that says nothing', { command: ['true'] }, /gives no number of jobs/],
    ['a queue that says words', { command: ['echo', 'many'] }, /gives no number of jobs/],
  ])('unknown is not empty: %s', async (_, queue, message) => {
    const outcome = await maintenance.run(optionsOf({ flag: FLAG, queues: [queue] }), context())
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringMatching(message) })
    expect(isPaused()).toBe(false)
  })

  it('cut off while it waits, it lets the workers go on', async () => {
    const stop = new AbortController()
    const options = optionsOf({ flag: FLAG, queues: [queueOf(2, true)], every: '10ms' })
    const running = maintenance.run(options, { ...context(stop.signal), progress: () => stop.abort() })
    expect(await running).toMatchObject({ status: 'unverified' })
    expect(isPaused()).toBe(false)
  })

  it('reads the number of jobs out of an answer of HTTP', async () => {
    let left = 2
    const server = createServer((_, response) => response.end(JSON.stringify({ queue: { waiting: left-- } })))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const options = optionsOf({ flag: FLAG, queues: [{ url, path: 'queue.waiting' }], every: '1ms' })
    expect(await maintenance.run(options, context())).toMatchObject({ status: 'passed' })
  })
})

describe('leaving and going back', () => {
  it('leaving lets them go on; each is the undo of the other', async () => {
    const enter = optionsOf({ flag: FLAG })
    const leave = optionsOf({ do: 'leave', flag: FLAG })
    await maintenance.run(enter, context())
    expect(await maintenance.verify(leave, context())).toBe('not-done')
    expect(await maintenance.run(leave, context())).toMatchObject({ status: 'passed', summary: 'the workers go on' })
    expect(await maintenance.verify(leave, context())).toBe('done')
    expect(await maintenance.undo(leave, context())).toMatchObject({ status: 'passed' })
    expect(isPaused()).toBe(true)
    expect(await maintenance.undo(enter, context())).toMatchObject({ status: 'passed' })
    expect(isPaused()).toBe(false)
    expect(maintenance.reversibility(enter)).toBe('compensable')
  })

  it('commands of the team are believed only when their own look says so', async () => {
    const log = join(directory, 'log')
    const say = (word: string) => ['sh', '-c', `echo ${word} >> ${log}`]
    const lies = optionsOf({ flag: { stop: say('stop'), start: say('start'), isStopped: ['false'] } })
    expect(await maintenance.run(lies, context())).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/told to rest .*, and they do not; the workers go on/),
    })
    expect(readFileSync(log, 'utf8')).toBe('stop\nstart\n')
    const mute = optionsOf({ flag: { stop: ['true'], start: ['true'], isStopped: ['no-such-program'] } })
    expect(await maintenance.verify(mute, context())).toBe('unknown')
  })
})

it('says what it will do, without what is secret', () => {
  const redis = 'redis://:hush@host:6379'
  const options = optionsOf({
    flag: { redis, key: 'paused' },
    queues: [{ redis, keys: ['bull:mail:wait'] }],
    drain: '2 min',
  })
  expect(maintenance.describe(options, [])).toBe(
    'stop the workers: set paused in Redis, then wait up to 2 min for bull:mail:wait; undo: let them go on',
  )
  expect(maintenance.options.safeParse(maintenance.example).success).toBe(true)
  expect(maintenance.options.safeParse({ flag: { file: 'a', key: 'b' } }).success).toBe(false)
})

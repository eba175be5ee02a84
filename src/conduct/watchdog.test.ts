// The sign of life and the process that waits for it to end, as they are: real processes, a real script.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { identify } from '../lib/process-identity.ts'
import { armCapsule, disarmCapsule, executedParts, writeCapsule } from './capsule.ts'
import { readReason } from './capsule-news.ts'
import { startHeart, type Heart } from './heart.ts'

let root = ''
let capsule = ''
let hearts: Heart[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-watchdog-'))
  capsule = join(root, 'capsule')
  const steps = [{ stage: 'traffic' as const, title: 'traffic', shell: 'echo moved >> "$HERE/did"', files: {} }]
  const names = { runId: 'run', service: 'shop', environment: 'production', stable: 'v1', candidate: 'v2' }
  writeCapsule(capsule, { ...names, steps, performed: [] })
})
afterEach(async () => {
  for (const heart of hearts.splice(0)) heart.stop()
  const pid = watchdogPid()
  disarmCapsule(capsule)
  if (pid !== null) await expect.poll(() => identify(pid), { timeout: 5000 }).toBeNull()
  rmSync(root, { recursive: true, force: true })
})

function startBeating(afterMs: number): Heart {
  const heart = startHeart({
    directory: root,
    capsule,
    watchdog: { afterMs, policy: 'rollback' },
    onBeat: () => {},
  })
  hearts.push(heart)
  return heart
}

function watchdogPid(): number | null {
  const path = join(capsule, 'watchdog.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid : null
}

const did = (): string => (existsSync(join(capsule, 'did')) ? readFileSync(join(capsule, 'did'), 'utf8') : '')

describe('a watchdog', () => {
  test('moves traffic when the heart stops, once, and says why', async () => {
    armCapsule(capsule)
    const heart = startBeating(1000)
    heart.guard(true)
    await new Promise((resolve) => setTimeout(resolve, 2000))
    expect(did()).toBe('')
    hearts = []
    heart.stop()
    await expect.poll(did, { timeout: 5000 }).toBe('moved\n')
    await expect.poll(() => executedParts(capsule)).toHaveLength(1)
    expect(readReason(capsule)).toBe('watchdog: the conductor fell silent')
  })

  test('that died is replaced; one that lives is not doubled', async () => {
    armCapsule(capsule)
    const heart = startBeating(4000)
    heart.guard(true)
    const first = watchdogPid()
    heart.guard(true)
    expect(watchdogPid()).toBe(first)
    process.kill(first ?? 0, 'SIGKILL')
    await expect.poll(watchdogPid, { timeout: 5000 }).not.toBe(first)
  })

  test('does not come for a capsule that is not armed', () => {
    startBeating(4000).guard(true)
    expect(watchdogPid()).toBeNull()
  })
})

test.skipIf(!existsSync('/dev/full'))('a full disk does not stop the heart, nor the process', async () => {
  const directory = join(root, 'full')
  mkdirSync(directory)
  symlinkSync('/dev/full', join(directory, 'heartbeat'))
  let beats = 0
  hearts.push(
    startHeart({ directory, capsule, watchdog: { afterMs: 40, policy: 'hold' }, onBeat: () => void (beats += 1) }),
  )
  await expect.poll(() => beats).toBeGreaterThan(3)
})

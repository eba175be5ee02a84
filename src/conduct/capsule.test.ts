// rollback.sh as a person runs it: what it does, in which order, and what it makes of a step that fails.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CapsuleStep } from '../plan/way-back.ts'
import {
  armCapsule,
  claimCapsule,
  disarmCapsule,
  executedParts,
  isArmed,
  isBeingExecuted,
  writeCapsule,
} from './capsule.ts'
import { capsuleNews } from './capsule-news.ts'
import type { PerformedAction } from './way-back.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-capsule-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const step = (stage: CapsuleStep['stage'], shell: string, always = false): CapsuleStep => ({
  stage,
  title: `${stage}: it's ${shell.split('\n')[0]}`,
  shell,
  files: {},
  always,
})
const say = (word: string): string => `echo ${word} >> "$HERE/did"`

function write(steps: CapsuleStep[], performed: PerformedAction[] = []): void {
  const names = { runId: 'run', service: 'shop', environment: 'production', stable: 'v1', candidate: 'v2' }
  writeCapsule(directory, { ...names, steps, performed })
}

const did = (): string[] => {
  try {
    return readFileSync(join(directory, 'did'), 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

describe.each(['sh', 'bash'])('rollback.sh in %s', (shell) => {
  const run = (...words: string[]) =>
    spawnSync(shell, [join(directory, 'rollback.sh'), ...words], { encoding: 'utf8', cwd: '/' })

  test('traffic, then processes; the data only when asked', () => {
    write([step('data', say('data')), step('processes', say('processes')), step('traffic', say('traffic'))])
    expect(run()).toMatchObject({ status: 0 })
    expect(did()).toEqual(['traffic', 'processes'])
    expect(run('--restore-data')).toMatchObject({ status: 0 })
    expect(did().slice(2)).toEqual(['traffic', 'processes', 'data'])
    expect(executedParts(directory).map((line) => line.split(' ')[0])).toEqual([
      'traffic',
      'processes',
      'traffic',
      'processes',
      'data',
    ])
  })

  test('a step ends at its first line that fails, and the part is not marked as done', () => {
    write([step('traffic', `false\n${say('after the failure')}`), step('processes', say('processes'))])
    const result = run()
    expect(result.status).toBe(1)
    expect(result.stderr).toContain('this part failed')
    expect(did()).toEqual([])
    expect(executedParts(directory)).toEqual([])
  })

  test('a swap that fails does not leave requests held and the old version stopped', () => {
    write([
      step('data', say('hold')),
      step('data', say('suspend')),
      step('data', `exit 7`),
      step('data', say('not this')),
      step('data', say('resume'), true),
      step('data', say('release'), true),
    ])
    expect(run('data').status).toBe(1)
    expect(did()).toEqual(['hold', 'suspend', 'resume', 'release'])
  })

  test('is of no use when the run is over: the old version may be gone', () => {
    write([step('traffic', say('traffic'))])
    armCapsule(directory)
    disarmCapsule(directory)
    for (const words of [[], ['traffic'], ['processes'], ['--restore-data']]) expect(run(...words).status).toBe(3)
    expect(did()).toEqual([])
  })

  test('says what it leaves undone', () => {
    const oneWayReason = null
    write(
      [step('traffic', say('traffic'))],
      [
        { item: 'a', title: 'migrate', reversibility: 'compensable', oneWayReason },
        { item: 'b', title: 'drop column', reversibility: 'one-way', oneWayReason },
      ],
    )
    const { stdout } = run()
    expect(stdout).toContain('not undone yet: migrate')
    expect(stdout).toContain('cannot be undone: drop column')
  })

  test('can be seen to run while it runs', () => {
    write([step('traffic', `ls "$HERE" | grep '^running\\.' > "$HERE/did"`)])
    expect(run('traffic').status).toBe(0)
    expect(did()).toHaveLength(1)
    expect(isBeingExecuted(directory)).toBe(false)
  })
})

test('shell of every part is valid POSIX', () => {
  write([step('traffic', 'cat <<END\nhello\nEND'), step('data', say('x'), true)])
  execFileSync('sh', ['-n', join(directory, 'rollback.sh')])
})

test('armed again after it was disarmed, it is armed', () => {
  armCapsule(directory)
  disarmCapsule(directory)
  expect(isArmed(directory)).toBe(false)
  armCapsule(directory)
  expect(isArmed(directory)).toBe(true)
})

test('a claim counts as long as its process lives', () => {
  const release = claimCapsule(directory)
  expect(isBeingExecuted(directory)).toBe(true)
  release()
  expect(isBeingExecuted(directory)).toBe(false)
  const { pid } = spawnSync('true')
  writeFileSync(join(directory, `running.${pid}`), '')
  expect(isBeingExecuted(directory)).toBe(false)
})

test('the news of it names who, why and which parts; no part, no news', () => {
  expect(capsuleNews('run', directory)).toBeNull()
  writeFileSync(join(directory, 'executed'), 'traffic 7\nprocesses 8\n')
  expect(capsuleNews('run', directory)).toMatchObject({
    id: 'capsule:run:traffic 7',
    by: 'capsule',
    mode: 'emergency',
    reason: 'rollback.sh was run by hand (rollback.sh: traffic, processes)',
  })
})

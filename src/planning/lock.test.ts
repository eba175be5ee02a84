import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PlanError } from '../lib/errors.ts'
import { LOCK_FILE, lockPlan, requireLocked } from './lock.ts'
import { planRelease } from './plan-release.ts'
import { written } from './planning.fixture.ts'

const DOCUMENT = '# Shop\n\n## Before\n\n- [ ] Disk has room\n'
const CONFIG = `environments: { staging: {} }
people: { release-manager: [ann] }
targets: { app: { kind: process-group, command: [node, server.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 8080 } } }
delivery: { target: app, router: edge, candidate: v2, stable: v1, strategy: { kind: canary } }
`
const NOW = new Date('2026-11-21T09:00:00Z')

const reviewed = written(DOCUMENT, CONFIG)
const { directory } = reviewed.project
lockPlan(directory, planRelease(reviewed), 'ann', NOW)

/** What `deploy` says to a plan where another one was reviewed. */
function refusal(request: Parameters<typeof planRelease>[0]): string | null {
  try {
    requireLocked(directory, planRelease(request))
    return null
  } catch (error) {
    if (error instanceof PlanError) return error.toLine()
    throw error
  }
}

describe('the lock', () => {
  it('lets the reviewed plan pass, whenever it is read', () => {
    expect(refusal(reviewed)).toBeNull()
    expect(refusal(written(DOCUMENT, CONFIG))).toBeNull()
  })

  it('is asked for where there is none', () => {
    const fresh = written(DOCUMENT, CONFIG)
    expect(() => requireLocked(fresh.project.directory, planRelease(fresh))).toThrow(/not reviewed yet/)
  })

  it('says who reviewed what, in a file for git', () => {
    const lock = JSON.parse(readFileSync(join(directory, LOCK_FILE), 'utf8')) as Record<string, unknown>
    expect(lock).toMatchObject({
      lockedBy: 'ann',
      lockedAt: NOW.toISOString(),
      candidate: 'v2',
      environment: 'production',
    })
    expect(lock.plan).toBe(planRelease(reviewed).hash)
  })

  it.each([
    ['the document', () => written(DOCUMENT.replace('room', 'space'), CONFIG), /CHECKLIST.md changed since/],
    [
      'the configuration',
      () => written(DOCUMENT, `${CONFIG}# a comment is no change\nvariables: { A: b }\n`),
      /gonogo.yaml changed since/,
    ],
    ['the candidate', () => ({ ...reviewed, candidate: 'v3' }), /the candidate is v3, v2 was reviewed since/],
    ['the environment', () => ({ ...reviewed, environment: 'staging' }), /the environment is staging, production was/],
  ])('refuses when %s changed, and says so', (_, change, said) => {
    const line = refusal(change())
    expect(line).toMatch(said)
    expect(line).toMatch(/on 2026-11-21 by ann; review it again: "gonogo plan --lock"$/)
  })

  it('says all that changed', () => {
    expect(refusal({ ...written(`${DOCUMENT}\nMore.\n`, CONFIG), candidate: 'v3' })).toMatch(
      /changed, the candidate is v3/,
    )
  })

  it.each([
    ['cut off', '{"plan": "ab'],
    ['of another shape', '{"plan": "abc"}'],
    ['empty', ''],
  ])('is refused where it is %s', (_, text) => {
    const damaged = written(DOCUMENT, CONFIG)
    writeFileSync(join(damaged.project.directory, LOCK_FILE), text)
    expect(() => requireLocked(damaged.project.directory, planRelease(damaged))).toThrow(/not a lock that gonogo wrote/)
  })
})

import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../lib/hash.ts'
import { PlanError } from '../lib/errors.ts'
import { planRelease } from './plan-release.ts'
import { written } from './planning.fixture.ts'

const DOCUMENT = `# Shop

## Before

- [ ] Disk has room
- [ ] Parent
  - [ ] Child one
  - [ ] Child two
- [ ] Stakeholders are informed
- [ ] The moon is up

## Deployment

- [ ] Everything is delivered

## Rollback

**Automatic rollback triggers:**
- [ ] Error rate exceeds 50%

## Quick commands

\`\`\`bash
make help
\`\`\`
`

const CONFIG = (id: (words: string) => string): string => `environments: { staging: {} }
people: { release-manager: [ann] }
defaults: { ask: release-manager }
targets: { app: { kind: process-group, command: [node, server.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 8080 } } }
signals: { traffic: { kind: router } }
delivery:
  target: app
  router: edge
  candidate: v2
  stable: v1
  strategy: { kind: blue-green }
guards: { slow: { signal: response-time, is: '>', value: 100, severity: pause } }
bindings:
  ${id('Disk')}: { check: disk, with: { path: ., freeBytesMin: 1 GB } }
  ${id('delivered')}: { rollout: true }
  ${id('Error rate')}: { guard: [{ signal: error-rate, is: '>', value: 50 }, { signal: error-rate, scope: any, is: '>', value: 90 }] }
`

const given = written(DOCUMENT, CONFIG)
const plan = planRelease(given)
const bindingOf = (words: string) => plan.items.find(({ item }) => item === given.id(words))

describe('the plan of a release', () => {
  it('holds what is bound, with the sentence that says what will happen', () => {
    expect(bindingOf('Disk')).toMatchObject({ binding: { type: 'check', check: 'disk', timeoutMs: 300_000 } })
    expect(bindingOf('Disk')?.will).toMatch(/1/)
    expect(bindingOf('delivered')).toMatchObject({
      binding: { type: 'rollout', stage: null },
      will: 'deliver: preview 0 % for 5 min, full 100 % for 1 h',
    })
  })

  it('makes nothing executable by itself: at most a person is asked', () => {
    expect(bindingOf('Parent')?.binding).toEqual({ type: 'children' })
    expect(bindingOf('Stakeholders')?.binding).toMatchObject({ type: 'poll', role: 'release-manager' })
    expect(bindingOf('moon')?.binding).toEqual({ type: 'unbound' })
    expect(plan.items.some(({ will }) => will.includes('make help'))).toBe(false)
  })

  it('holds the guards of the document and of gonogo.yaml, each under a name of its own', () => {
    const trigger = given.id('Error rate')
    expect(plan.guards.map(({ id, item, severity }) => [id, item, severity])).toEqual([
      ['slow', null, 'pause'],
      [trigger, trigger, 'rollback'],
      [`${trigger}#2`, trigger, 'rollback'],
    ])
  })

  it('knows the delivery, and takes candidate and environment from the command line', () => {
    const other = planRelease({ ...given, candidate: 'v3', environment: 'staging' })
    expect(other.delivery).toMatchObject({ candidate: 'v3', strategy: 'blue-green', approver: 'release-manager' })
    expect(other.environment).toBe('staging')
    expect(other.hash).not.toBe(plan.hash)
  })

  it('refuses an environment that is not there, naming those that are', () => {
    const attempt = (): unknown => planRelease({ ...given, environment: 'stagin' })
    expect(attempt).toThrow(PlanError)
    expect(attempt).toThrow(/there is no environment "stagin"/)
    try {
      attempt()
    } catch (error) {
      expect((error as PlanError).place).toMatchObject({
        line: 2,
        expected: 'one of production, staging',
        hint: 'did you mean "staging"?',
      })
    }
  })

  it('refuses a binding of an item that the document does not have, with its line and what it may have become', () => {
    const text = `bindings:\n  shop/none-1234: { skip: no }\n`
    expect(() => planRelease(written(DOCUMENT, text))).toThrow(/CHECKLIST.md has no item "shop\/none-1234"/)
    const close = written(DOCUMENT, (id) => `bindings:\n  ${id('moon').replace(/.$/, '#')}: { skip: no }\n`)
    try {
      planRelease(close)
      expect.unreachable()
    } catch (error) {
      expect((error as PlanError).place.line).toBe(3)
      expect((error as PlanError).place.hint).toContain(close.id('moon'))
    }
  })
})

describe('its hash', () => {
  it('is the same whenever the same document and configuration are read', () => {
    expect(planRelease(written(DOCUMENT, CONFIG)).hash).toBe(plan.hash)
    expect(canonicalJson(planRelease(written(DOCUMENT, CONFIG)))).toBe(canonicalJson(plan))
  })

  it('does not depend on the order of keys or on comments', () => {
    const turned = (id: (words: string) => string): string => {
      const sections = CONFIG(id).split(/^(?=[a-z]+:)/m)
      return `# a comment\n${sections.toReversed().join('')}`
    }
    expect(planRelease(written(DOCUMENT, turned)).hash).toBe(plan.hash)
  })

  it('changes with one letter of the document, and with one value of the configuration', () => {
    expect(
      planRelease(written(DOCUMENT.replace('room', 'rooms').replace('has', 'has'), (id) => CONFIG(id))).hash,
    ).not.toBe(plan.hash)
    expect(planRelease(written(`${DOCUMENT}\n`, CONFIG)).hash).not.toBe(plan.hash)
    expect(planRelease(written(DOCUMENT, (id) => CONFIG(id).replace('value: 100', 'value: 101'))).hash).not.toBe(
      plan.hash,
    )
  })
})

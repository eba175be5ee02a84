import { describe, expect, it } from 'vitest'
import { coverageOf } from '../checklist/coverage.ts'
import { knownOf } from './known.ts'
import { nextSteps, type NextStep } from './next-steps.ts'
import { planRelease } from './plan-release.ts'
import { written } from './planning.fixture.ts'
import { proposeBindings } from './propose.ts'

const DOCUMENT = `# Shop 2

## Before

- [ ] **Node.js**: v24+ is installed
- [ ] Take a fresh backup of the shop database
- [ ] The moon is up
- [ ] Approved by the head of sales
- [ ] Support team briefed
- [ ] Stakeholders informed

## After

- [ ] Error rate < 1%
- [ ] p95 response time < 500 ms
- [ ] CPU usage < 80%

## Rollback

**Automatic rollback triggers:**
- [ ] Error rate exceeds 50%
`
const DELIVERY = `
targets: { app: { kind: process-group, command: [node, server.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 8080 } } }
delivery: { target: app, router: edge, candidate: v2, stable: v1, strategy: { kind: canary } }
`
const PEOPLE = 'people: { release-manager: [ann] }\n'
const ASK = 'defaults: { ask: release-manager }\n'

function stepsOf(config: string | ((id: (words: string) => string) => string) | null, document = DOCUMENT) {
  const { project, checklist, id } = written(document, config ?? PEOPLE)
  const plan = config === null ? null : planRelease({ project, checklist })
  const about = config === null ? null : project.config
  const proposals = proposeBindings(checklist, plan, about)
  const covered = coverageOf(checklist, knownOf(checklist, plan, proposals))
  return { steps: nextSteps({ checklist, plan, config: about, proposals, covered }), checklist, id }
}

const covers = (steps: readonly NextStep[]) => steps.map((step) => [step.what, step.covers])

describe('what to bind or configure next', () => {
  it('is what covers most: here one source of signals, on which three items rest', () => {
    const { steps, id } = stepsOf(`${PEOPLE}${ASK}${DELIVERY}`)
    expect(steps[0]).toMatchObject({
      what: 'a `router` source under `signals`',
      covers: 3,
      items: ['Error rate < 1%', 'p95 response', 'exceeds 50%'].map(id),
      command: null,
      write: { signals: { router: { kind: 'router' } } },
      item: id('exceeds 50%'),
      proposed: false,
    })
    expect(covers(steps.slice(1))).toEqual([
      ['the proposal that is open', 1],
      ['a `process` source under `signals`', 1],
      ['an entry under `backups`', 1],
    ])
  })

  it('says that a source needs versions to measure where nothing is delivered yet', () => {
    const { steps } = stepsOf(`${PEOPLE}${ASK}signals: { traffic: { kind: router } }\n`)
    expect(steps[0]).toMatchObject({ what: 'a `delivery`', covers: 3, command: null })
    expect(stepsOf(`${PEOPLE}${ASK}`).steps[0]?.what).toMatch(/^a `router` source .* and a `delivery`/)
  })

  it('names who is to be asked where a person could answer and nobody is asked', () => {
    const { steps } = stepsOf(PEOPLE)
    expect(steps).toContainEqual(
      expect.objectContaining({ covers: 3, write: { defaults: { ask: 'release-manager' } }, command: null }),
    )
    expect(stepsOf(null).steps.some(({ what }) => what.includes('ask'))).toBe(false)
  })

  it('counts what it promises: once it is written, so many more are proposed', () => {
    const before = stepsOf(`${PEOPLE}${ASK}${DELIVERY}`)
    const after = stepsOf(`${PEOPLE}${ASK}${DELIVERY}signals: { router: { kind: router } }\n`)
    const promised = before.steps[0]?.items ?? []
    expect(after.steps[0]).toMatchObject({
      what: '4 proposals: 2 watch, 1 check node-version, 1 guard',
      covers: promised.length + 1,
      command: 'gonogo bind',
      item: after.id('exceeds 50%'),
    })
    expect(after.steps[0]?.items).toEqual(expect.arrayContaining(promised))
  })

  it('names the one proposal, with the command that accepts it', () => {
    const { steps, id } = stepsOf(`${PEOPLE}${ASK}`, '# R\n\n## Before\n\n- [ ] **Node.js**: v24+ is installed\n')
    expect(steps).toHaveLength(1)
    expect(steps[0]).toMatchObject({ command: `gonogo bind --accept ${id('Node.js')}`, proposed: true, covers: 1 })
  })

  it('falls back on the item that matters most, and ends with null when all is bound', () => {
    const document =
      '# R\n\n## Before\n\n- [ ] Vibes\n- [ ] Message queue is healthy\n\n## Rollback if\n\n- [ ] Sales collapse\n'
    const order: string[] = []
    for (const bound of [[], ['Sales'], ['Sales', 'queue'], ['Sales', 'queue', 'Vibes']]) {
      const { steps } = stepsOf(
        (id) => `${PEOPLE}bindings: { ${bound.map((words) => `${id(words)}: { skip: later }`).join(', ')} }\n`,
        document,
      )
      expect(steps.length).toBeLessThanOrEqual(1)
      order.push(steps[0]?.text ?? 'nothing')
    }
    expect(order).toEqual(['Sales collapse', 'Message queue is healthy', 'Vibes', 'nothing'])
  })
})

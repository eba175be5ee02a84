import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readChecklist } from '../checklist/read.ts'
import { readProject } from '../config/load.ts'
import { controlsInWords, guardControls, requireRedGuards } from './guard-controls.ts'
import { planRelease } from './plan-release.ts'
import { loadKinds } from '../catalog/catalog.ts'

await loadKinds()

const DELIVERY = `
targets: { app: { kind: process-group, command: [node, server.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 8080 } } }
people: { release-manager: [ann] }
delivery: { target: app, router: edge, candidate: v2, stable: v1, strategy: { kind: canary } }
`

/** Plan and project with these guards. */
function planned(guards: string, delivery = DELIVERY) {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-controls-'))
  const sources = 'traffic: { kind: router }, data: { kind: sqlite-integrity, path: app.db, everyMs: 30000 }'
  writeFileSync(
    join(directory, 'gonogo.yaml'),
    `service: shop\nsignals: { ${sources} }${delivery}\nguards:\n${guards}\n`,
  )
  const project = readProject(directory)
  return { project, plan: planRelease({ project, checklist: readChecklist('A.md', Buffer.from('# A\n\n- [ ] b\n')) }) }
}

const ERRORS = "  errors: { signal: error-rate, is: '>', value: 5, consecutive: 3 }\n"
const DATA = "  data: { signal: integrity, scope: service, is: '==', value: 0 }\n"
const BLIND = "  blind: { title: Too many, signal: error-rate, is: '>', value: 100 }\n"

describe('the guards of a plan', () => {
  it('are tried one by one, at the pace at which their signals are looked at', () => {
    const { plan, project } = planned(ERRORS + DATA)
    const controls = guardControls(plan, project.config)
    expect(controls).toMatchObject([
      { rule: 'errors', canTurnRed: true, worstMs: 4000 },
      { rule: 'data', canTurnRed: true, worstMs: 30_000 },
    ])
    expect(controlsInWords(plan, controls)).toBe('2 guards can turn red, the slowest within 30 s')
    expect(() => requireRedGuards(plan, project)).not.toThrow()
  })

  it('are refused where one cannot turn red, with the place in gonogo.yaml', () => {
    const { plan, project } = planned(ERRORS + BLIND)
    expect(() => requireRedGuards(plan, project)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/the guard "Too many" cannot turn red: no fault makes it so that .* > 100 %/),
        place: expect.objectContaining({ path: 'guards/blind', line: expect.any(Number) }),
      }),
    )
    expect(controlsInWords(plan, guardControls(plan, project.config))).toBe(
      '1 of 2 guards can turn red; not "Too many"',
    )
  })

  it('cannot turn red where nothing is delivered, but for those of the service', () => {
    const { plan, project } = planned(ERRORS + DATA, '')
    expect(guardControls(plan, project.config)).toMatchObject([
      { canTurnRed: false, sentence: 'no: nothing is delivered, so that no version is measured' },
      { canTurnRed: true },
    ])
  })

  it('are not spoken of where there are none', () => {
    const { plan } = planned('  {}')
    expect(controlsInWords(plan, [])).toBeNull()
  })
})

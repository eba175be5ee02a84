import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { PlanDocument } from '../plan/plan-schema.ts'
import { gonogo } from './command-line.fixture.ts'

const CONFIG = `service: shop
checklist: CHECKLIST.md
people: { release-manager: [ann] }
targets: { app: { kind: process-group, command: [node, server.js] } }
routers: { edge: { kind: builtin-proxy, listen: { port: 8080 } } }
signals: { traffic: { kind: router }, machine: { kind: process } }
delivery: { target: app, router: edge, candidate: v2, stable: v1, strategy: { kind: canary } }
`
const LEAK = '  leak: { title: It leaks, kind: growth, signal: memory, moreThan: 10, over: 30 min, severity: pause }\n'
const ERRORS = "  errors: { signal: error-rate, is: '>', value: 5, observationsMin: 40 }\n"
const NEVER = "  never: { title: Too many, signal: error-rate, is: '>', value: 100 }\n"

function project(guards: string, others: Record<string, string> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-guards-'))
  const files = { 'CHECKLIST.md': '# Shop\n\n## Before\n\n- [ ] **Node.js**: v24+ is installed\n', ...others }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  writeFileSync(join(directory, 'gonogo.yaml'), `${CONFIG}guards:\n${guards}`)
  return directory
}

const tidy = stripVTControlCharacters

afterEach(() => {
  process.exitCode = 0
})

describe('the guards in the plan', () => {
  it('are said with whether and how fast each can turn red', async () => {
    const { out } = await gonogo(project(ERRORS + LEAK), 'plan')
    expect(tidy(out)).toContain(
      'rollback when error rate of the candidate > 5 %, at least 40 observations\n      can turn red: yes, within 2 s of the fault, given 3 failed requests',
    )
    expect(tidy(out)).toMatch(/It leaks +pause when memory of the candidate grows by more than 10 % over 30 min\n/)
  })

  it('are given to machines with the same', async () => {
    const { out } = await gonogo(project(ERRORS + LEAK + NEVER), 'plan', '--format', 'json')
    const { guards } = JSON.parse(out) as PlanDocument
    expect(guards).toMatchObject([
      { id: 'errors', kind: 'bound', severity: 'rollback', canTurnRed: true, worstMs: 2000 },
      {
        id: 'leak',
        kind: 'growth',
        severity: 'pause',
        canTurnRed: true,
        sentence: expect.stringMatching(/^yes, within 31 min/),
      },
      { id: 'never', canTurnRed: false, worstMs: null, sentence: expect.stringMatching(/^no: no fault makes it so/) },
    ])
  })

  it('stand in a table of the Markdown form', async () => {
    const { out } = await gonogo(project(ERRORS), 'plan', '--format', 'markdown')
    expect(out).toMatch(/## Guards\n\n.*\n.*\n\| errors \| rollback when .* \| yes, within 2 s of the fault/)
  })

  it('are not locked where one cannot turn red', async () => {
    const directory = project(ERRORS + NEVER)
    const { code, err } = await gonogo(directory, 'plan', '--lock')
    expect(code).toBe(2)
    expect(tidy(err)).toMatch(
      /gonogo\.yaml:\d+: guards\/never: the guard "Too many" cannot turn red: no fault makes it/,
    )
    expect((await gonogo(project(ERRORS), 'plan', '--lock')).code).toBe(0)
  })

  it('are told in one line by check, which is no GO where one cannot turn red', async () => {
    const { out, code } = await gonogo(project(ERRORS + LEAK), 'check', '--full')
    expect(tidy(out)).toContain('2 guards can turn red, the slowest within 31 min')
    expect(code).not.toBe(1)
    const blind = await gonogo(project(ERRORS + NEVER), 'check', '--full')
    expect([tidy(blind.out).includes('1 of 2 guards can turn red; not "Too many"'), blind.code]).toEqual([true, 1])
  })
})

describe('a guard that is written wrong', () => {
  it.each([
    [
      '  g: { kind: growht, signal: memory, moreThan: 1, over: 1h }\n',
      /unknown guard kind "growht".*did you mean "growth"/s,
    ],
    ['  g: { kind: growth, signal: memory, moreThan: 1, over: 1h, is: ">" }\n', /guards\/g\/is: unknown key "is"/],
    ['  g: { kind: count, signal: error-rate, moreThan: 1 }\n', /guards\/g: has exactly one of "within" and "first"/],
    [
      '  g: { kind: compound, all: [{ signal: error-rat, is: ">", value: 1 }] }\n',
      /no source gives the signal "error-rat"/,
    ],
    ['  g: { kind: compound, all: [{ kind: growth, signal: memory }] }\n', /guards\/g\/all\/0\/moreThan: /],
    ['  g: { signal: error-rate, is: ">", value: 1, clear: { is: "<" } }\n', /guards\/g\/clear\/value: /],
  ])('%s', async (guards, message) => {
    const { code, err } = await gonogo(project(guards), 'plan')
    expect(code).toBe(2)
    expect(tidy(err)).toMatch(message)
  })
})

describe('gonogo guards import', () => {
  const TEMPLATE = `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: success }
spec:
  metrics:
    - name: success-rate
      interval: 1m
      count: 5
      failureLimit: 2
      successCondition: result[0] >= 0.95
      provider:
        prometheus:
          address: http://prometheus:9090
          query: sum(rate(ok[1m])) / sum(rate(total[1m]))
`

  it('prints what to paste into gonogo.yaml', async () => {
    const directory = project(ERRORS, { 'template.yaml': TEMPLATE })
    const { code, out } = await gonogo(directory, 'guards', 'import', join(directory, 'template.yaml'))
    expect(code).toBe(0)
    expect(parse(out)).toMatchObject({ guards: expect.any(Object), signals: expect.any(Object) })
  })

  it('says what is missing, with the file', async () => {
    const { code, err } = await gonogo(project(ERRORS), 'guards', 'import', 'nowhere.yaml')
    expect([code, err]).toEqual([2, expect.stringMatching(/nowhere\.yaml: cannot be read \(ENOENT\)/)])
    expect((await gonogo(project(ERRORS), 'guards', 'import')).err).toMatch(/names no file to import/)
    expect((await gonogo(project(ERRORS), 'guards', 'look')).err).toMatch(/one of what-if, import/)
  })
})

it('is told in the page of kinds', () => {
  const page = readFileSync(new URL('../../../docs/kinds.md', import.meta.url), 'utf8')
  for (const id of ['bound', 'growth', 'count', 'compound']) expect(page).toContain(`### \`${id}\``)
})

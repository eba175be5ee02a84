import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, stepOf } from '../../../test/contracts/check-contract.ts'
import { fakePrograms, WITHOUT_PROGRAMS, type Reply } from '../../../test/servers/fake-program.ts'
import { ANSI } from '../../../test/servers/hostile.ts'
import { helmChart } from './helm-chart.ts'
import { changedPaths, mergeValues } from './helm-values.ts'

const SECRET = 'value-nobody-may-see'
const started: { stop(): void }[] = []
let directory = ''
const answering = (...replies: Reply[]) => {
  const fake = fakePrograms({ helm: replies })
  started.push(fake)
  return fake.env
}
const LINT: Reply = { when: 'lint ', stdout: '==> Linting chart\n1 chart(s) linted, 0 chart(s) failed\n' }
const TEMPLATE: Reply = {
  when: 'template ',
  stdout: '---\n# Source: a\napiVersion: v1\nkind: Service\n---\nkind: Deployment\n',
}
const VALUES: Reply = {
  when: 'get values shop',
  stdout: JSON.stringify({ image: { tag: '1.4.1', name: 'shop' }, password: `old-${SECRET}` }),
}
const env = answering(LINT, TEMPLATE, VALUES, { when: 'get values gone', stderr: 'Error: release: not found' })

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-chart-'))
  mkdirSync(join(directory, 'chart'))
  writeFileSync(join(directory, 'chart/Chart.yaml'), 'name: shop\n')
  writeFileSync(join(directory, 'base.yaml'), `image: { tag: 1.4.0, name: shop }\npassword: old-${SECRET}\n`)
  writeFileSync(join(directory, 'tag.yaml'), 'image:\n  tag: 1.4.2\n')
  writeFileSync(join(directory, 'password.yaml'), `password: ${SECRET}\nextra: [1]\n`)
  writeFileSync(join(directory, 'broken.yaml'), `password: "${SECRET}\n`)
})
afterAll(() => {
  for (const fake of started) fake.stop()
  rmSync(directory, { recursive: true, force: true })
})

const options = { chart: 'chart', values: ['base.yaml', 'tag.yaml'], release: 'shop', mayChange: ['image.tag'] }
const inChart = (programs = env) => ({ directory, env: programs })

checkContract(helmChart, {
  passing: () => ({ options, context: inChart() }),
  failing: () => ({
    options: { chart: 'chart' },
    context: inChart(answering({ when: 'lint', stderr: 'Error: 1 chart(s) linted, 1 chart(s) failed' })),
  }),
  unverified: () => ({ options, context: inChart(WITHOUT_PROGRAMS) }),
  slow: () => ({ options, context: inChart(answering({ instead: 'silent' })) }),
  unreachable: {
    status: 'unverified',
    case: () => ({
      options,
      context: inChart(answering(LINT, TEMPLATE, { stderr: 'Error: Kubernetes cluster unreachable' })),
    }),
  },
  hostile: {
    'escapes for terminals': {
      status: 'failed',
      case: () => ({ options, context: inChart(answering({ stdout: ANSI, stderr: ANSI })) }),
    },
    'values that are none': {
      status: 'unverified',
      case: () => ({ options, context: inChart(answering(LINT, TEMPLATE, { when: 'get values', stdout: '[1]' })) }),
    },
    'a chart that renders without end': {
      status: 'unverified',
      case: () => ({
        options: { ...options, timeoutMs: 300 },
        context: inChart(answering(LINT, { instead: 'endless' })),
      }),
    },
  },
  mentions: () => ['chart chart', 'base.yaml', 'renders', 'image.tag'],
  recognises: {
    clear: [
      { text: 'Chart is sound: helm lint ./charts/shop', commands: [stepOf('helm lint ./charts/shop')] },
      'Helm chart `deploy/chart` validated',
      'Chart lints (`helm lint deploy/chart`)',
    ],
    unclear: [
      'Helm chart validated',
      'Helm chart pushed to `charts/shop`',
      'Troubleshooting: run `helm lint ./chart`',
      '`helm lint` passes',
    ],
  },
})

const run = (more: Record<string, unknown>, programs = env) =>
  runCheck(helmChart, { options: { ...options, ...more }, context: inChart(programs) })

describe('helm-chart', () => {
  it('says which values change that may not, and never to what', async () => {
    const outcome = await run({ values: ['base.yaml', 'password.yaml'] })
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('extra changes; password changes'),
    })
    expect(JSON.stringify(outcome)).not.toContain(SECRET)
  })

  it('lets everything change where nothing is said, and nothing where the list is empty', async () => {
    expect(await run({ mayChange: undefined })).toMatchObject({
      status: 'passed',
      measurements: expect.arrayContaining([{ name: 'changed values', value: 1, unit: 'count' }]),
    })
    expect(await run({ mayChange: [] })).toMatchObject({ status: 'failed' })
    expect(await run({ mayChange: ['image'] })).toMatchObject({ status: 'passed' })
    expect(await run({ mayChange: ['imag'] })).toMatchObject({ status: 'failed' })
  })

  it('cannot tell with a values file that is broken, without quoting it', async () => {
    const outcome = await run({ values: ['broken.yaml'] })
    expect(outcome.status).toBe('unverified')
    expect(JSON.stringify(outcome)).not.toContain(SECRET)
  })

  it('fails where there is no chart, no release, nothing rendered', async () => {
    expect(await run({ chart: '.' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('no chart in .'),
    })
    expect(await run({ release: 'gone' })).toMatchObject({ status: 'failed' })
    expect(await run({}, answering(LINT, { when: 'template', stdout: '\n' }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('renders nothing'),
    })
  })
})

describe('values', () => {
  it('are merged as helm merges them: maps by key, lists whole, null takes away', () => {
    const base = { a: { x: 1, y: [1, 2] }, b: 2, c: 3 }
    expect({ ...mergeValues(base, { a: { y: [3] }, b: null, d: null }) }).toMatchObject({ a: { x: 1, y: [3] }, c: 3 })
    expect(Object.keys(mergeValues(base, { b: null }))).toEqual(['a', 'c'])
  })

  it('are compared by path', () => {
    expect(changedPaths({ a: { x: 1 }, b: [1], c: null }, { a: { x: 2, z: 1 }, b: [1], d: {} })).toEqual([
      'a.x',
      'a.z',
      'c',
      'd',
    ])
    expect(changedPaths({ a: { x: 1 } }, mergeValues({ a: {} }, { a: { x: 1 } }))).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { PlanError } from '../../lib/errors.ts'
import { failureLimit } from '../kinds/failure-limit.ts'
import { stepThreshold } from '../kinds/step-threshold.ts'
import { importGuards } from './import-guards.ts'
import { importedAsYaml } from './imported-as-yaml.ts'

const importText = (text: string) => importGuards([{ path: 'a.yaml', text }])
const outline = ({ notCarriedOver }: ReturnType<typeof importGuards>): string[] =>
  notCarriedOver.map(({ path, line, what, why }) => `${path}:${line} ${what}: ${why}`)

/** An AnalysisTemplate `checkout` with one metric `share`; further lines of the metric indented by four. */
const template = (lines: string[], query = 'sum(good) / sum(all)'): string => `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: checkout
spec:
  metrics:
  - name: share
${lines.map((line) => `    ${line}\n`).join('')}    provider:
      prometheus:
        address: http://prometheus.example:9090
        query: ${query}
`

describe('an AnalysisTemplate', () => {
  it('becomes a source that asks its queries, and a guard that judges them', () => {
    const imported = importText(
      template([
        'interval: 2m',
        'initialDelay: 30s',
        'count: 9',
        'successCondition: result[0] >= 0.97',
        'failureCondition: result[0] < 0.9',
        'failureLimit: 2',
        'inconclusiveLimit: 1',
        'consecutiveErrorLimit: 6',
      ]),
    )
    expect(imported).toEqual({
      signals: {
        prometheus: {
          kind: 'prometheus',
          url: 'http://prometheus.example:9090',
          everyMs: 120_000,
          queries: { 'checkout-share': { query: 'sum(good) / sum(all)', unit: 'count', scope: 'service' } },
        },
      },
      guards: {
        'checkout-share': {
          kind: 'failure-limit',
          title: 'checkout: share',
          signal: 'checkout-share',
          scope: 'service',
          success: [{ is: '>=', value: 0.97 }],
          failure: [{ is: '<', value: 0.9 }],
          failureLimit: 2,
          inconclusiveLimit: 1,
          every: '2m',
          delay: '30s',
          count: 9,
          unknownMax: 7,
        },
      },
      stages: {},
      notCarriedOver: [],
    })
  })

  it('without an interval is measured once', () => {
    const { guards } = importText(template(['successCondition: result[0] >= 0.97']))
    expect(guards['checkout-share']).toMatchObject({ count: 1, unknownMax: 5 })
  })

  it.each([
    {
      condition: 'failureCondition: result[0] >= 1 && result[0] <= 2',
      success: undefined,
      failure: [{ is: 'between', value: 1, valueMax: 2 }],
    },
    {
      condition: 'failureCondition: result[0] < 1 || result[0] > 2',
      success: undefined,
      failure: [
        { is: '<', value: 1 },
        { is: '>', value: 2 },
      ],
    },
    {
      condition: 'successCondition: result[0] > 1 && result[0] < 2',
      success: [
        { is: '>', value: 1 },
        { is: '<', value: 2 },
      ],
      failure: undefined,
    },
    {
      condition: 'successCondition: result[0] < 1 || result[0] > 2',
      success: undefined,
      failure: [{ is: 'between', value: 1, valueMax: 2 }],
    },
  ])('$condition', ({ condition, success, failure }) => {
    const { guards, notCarriedOver } = importText(template(['interval: 1m', condition]))
    expect(notCarriedOver).toEqual([])
    expect([guards['checkout-share']?.success, guards['checkout-share']?.failure]).toEqual([success, failure])
  })

  it('over several series asks for the one that decides', () => {
    const { signals } = importText(
      template(['interval: 1m', "successCondition: 'all(result, # < 5)'"], 'latency by (pod)'),
    )
    expect(signals.prometheus?.queries?.['checkout-share']?.query).toBe('max(latency by (pod))')
  })

  it('over a stretch of time asks for that stretch', () => {
    const range = `y
        rangeQuery:
          start: now() - duration("5m")
          end: now()
          step: 30s`
    const { signals } = importText(template(['interval: 1m', "failureCondition: 'any(result, {# > 5})'"], range))
    expect(signals.prometheus?.queries?.['checkout-share']).toMatchObject({
      query: 'max(y)',
      range: { overMs: 300_000, stepMs: 30_000, take: 'max' },
    })
  })

  it.each([
    {
      what: 'no data as a success',
      lines: ['successCondition: len(result) == 0 || result[0] > 1'],
      line: 8,
      why: 'counts no data as a success; here no data is unknown',
      guards: 1,
    },
    {
      what: 'a second series',
      lines: ['interval: 1m', 'successCondition: result[1] > 1'],
      line: 9,
      why: '"result[1] > 1": looks at a series other than the first',
      guards: 0,
    },
    {
      what: 'two ranges',
      lines: ['successCondition: result[0] < 1 || result[0] > 2 && result[0] < 3'],
      line: 8,
      why: 'is more than one range',
      guards: 0,
    },
    {
      what: 'an open range of failure',
      lines: ['failureCondition: result[0] > 1 && result[0] < 2'],
      line: 8,
      why: 'is more than one range',
      guards: 0,
    },
    { what: 'no condition', lines: ['interval: 1m'], line: 7, why: 'has no condition: it can never fail', guards: 0 },
    {
      what: 'failures that are not counted',
      lines: ['failureLimit: -1', 'successCondition: result[0] > 1'],
      line: 8,
      why: 'failures are not counted: there is nothing to guard',
      guards: 0,
    },
    {
      what: 'an early end',
      lines: ['consecutiveSuccessLimit: 4', 'successCondition: result[0] > 1'],
      line: 8,
      why: 'a guard does not end early by successes; stages promote early by the verdict',
      guards: 1,
    },
    {
      what: 'a condition cut short by YAML',
      lines: ['successCondition: all(result, # < 5)'],
      line: 8,
      why: '"all(result,": ends too early; in YAML a condition with # in it must be in quotation marks',
      guards: 0,
    },
    {
      what: 'a field it does not know',
      lines: ['successCondition: result[0] > 1', 'sidecar: true'],
      line: 9,
      why: 'is not understood',
      guards: 1,
    },
    {
      what: 'an interval that is none',
      lines: ['interval: soon', 'successCondition: result[0] > 1'],
      line: 8,
      why: '"soon" is not a duration',
      guards: 1,
    },
  ])('tells of $what, with its line', ({ lines, line, why, guards }) => {
    const imported = importText(template(lines))
    expect(imported.notCarriedOver).toMatchObject([{ path: 'a.yaml', line, why: expect.stringContaining(why) }])
    expect(Object.keys(imported.guards)).toHaveLength(guards)
  })

  it.each([
    ['datadog: { query: q }', 'only Prometheus is read; use a source of kind `http-json` where it has an HTTP API'],
    ['web: { url: http://x }', 'use a source of kind `http-json`'],
    ['job: {}', 'bind a checklist item to a check'],
  ])('tells of the provider %s', (provider, why) => {
    const text = template(['successCondition: result[0] > 1']).replace(/ {6}prometheus:[^]*/, `      ${provider}\n`)
    expect(outline(importText(text))).toEqual([expect.stringMatching(`^a.yaml:10 .*${why}$`)])
  })

  const rollout = `---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: shop }
spec:
  strategy:
    canary:
      analysis: { args: [{ name: service, value: shop-canary }] }
      steps:
      - setWeight: 5
      - pause: { duration: 10m }
      - setWeight: 40
      - pause: { duration: 90 }
      - pause: {}
      - setHeaderRoute: {}
`
  const withArgs = template(
    ['interval: 1m', 'successCondition: result[0] >= {{args.least}}'],
    `'sum(x{service="{{ args.service }}",pod="{{args.pod}}"})'`,
  ).replace('  metrics:', '  args: [{ name: service }, { name: pod }, { name: least, value: 0.9 }]\n  metrics:')

  it('takes arguments from its defaults and from rollouts; those left open are refused until somebody fills them', () => {
    const { signals, guards, notCarriedOver } = importGuards([
      { path: 'a.yaml', text: withArgs },
      { path: 'b.yaml', text: rollout },
    ])
    expect(signals.prometheus?.queries?.['checkout-share']?.query).toBe(
      'sum(x{service="shop-canary",pod="{{args_pod}}"})',
    )
    expect(guards['checkout-share']?.success).toEqual([{ is: '>=', value: 0.9 }])
    expect(notCarriedOver.find(({ path }) => path === 'a.yaml')).toMatchObject({
      line: 14,
      why: '{{args.pod}} has no value here: write it into the query, or {{version}} where it tells versions apart',
    })
  })

  it('takes stages from the steps of a rollout', () => {
    const { stages, notCarriedOver } = importText(`${withArgs}${rollout}`)
    expect(stages.shop).toEqual([
      { name: 'weight-5', weight: 5, duration: '10 min' },
      { name: 'weight-40', weight: 40, duration: '1 min 30 s' },
      { name: 'full', weight: 100, duration: '0 ms' },
    ])
    expect(notCarriedOver.map(({ what }) => what)).toContain('Rollout shop: spec.strategy.canary.steps[4]')
  })

  it('leaves an argument open that two analyses pass differently', () => {
    const other = rollout.replace('shop-canary', 'other').replace('name: shop', 'name: other')
    const { signals } = importText(`${withArgs}${rollout}${other}`)
    expect(signals.prometheus?.queries?.['checkout-share']?.query).toContain('{{args_service}}')
  })

  it('of a dry run only tells', () => {
    const text = template(['interval: 1m', 'successCondition: result[0] > 1']).replace(
      '  metrics:',
      '  dryRun: [{ metricName: share }]\n  metrics:',
    )
    expect(importText(text).guards['checkout-share']).toMatchObject({ severity: 'notify' })
  })
})

const canary = (analysis: string, more = ''): string => `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: cart, namespace: shop }
spec:
  targetRef: { name: cart-app }
  analysis:
${analysis.replaceAll(/^/gm, '    ')}
${more}`

const metricTemplate = `---
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: { name: lag, namespace: shop }
spec:
  provider: { type: prometheus, address: http://prometheus.example:9090 }
  query: max(lag{ns="{{ namespace }}",app="{{target}}",q="{{ variables.queue }}"}[{{ interval }}])
`

describe('a Canary', () => {
  it('becomes one guard over all of its checks, and stages', () => {
    const analysis = `interval: 45s
threshold: 3
stepWeights: [5, 30]
metrics:
- { name: request-success-rate, thresholdRange: { min: 98 } }
- { name: request-duration, thresholdRange: { max: 400 } }
- { name: queue lag, templateRef: { name: lag }, thresholdRange: { min: 1, max: 50 }, interval: 2m, templateVariables: { queue: mail } }`
    expect(importText(canary(analysis, metricTemplate))).toEqual({
      signals: {
        router: { kind: 'router' },
        prometheus: {
          kind: 'prometheus',
          url: 'http://prometheus.example:9090',
          everyMs: 45_000,
          queries: {
            'queue-lag': { query: 'max(lag{ns="shop",app="cart-app",q="mail"}[2m])', unit: 'count', scope: 'service' },
          },
        },
      },
      guards: {
        cart: {
          kind: 'step-threshold',
          title: 'cart analysis',
          checks: [
            { signal: 'error-rate', max: 2 },
            { signal: 'response-time-p99', max: 400 },
            { signal: 'queue-lag', scope: 'service', min: 1, max: 50 },
          ],
          every: '45s',
          threshold: 3,
        },
      },
      stages: {
        cart: [
          { name: 'weight-5', weight: 5, duration: '45s' },
          { name: 'weight-30', weight: 30, duration: '45s' },
          { name: 'full', weight: 100, duration: '45s' },
        ],
      },
      notCarriedOver: [],
    })
  })

  it('of an older version has thresholds and queries of its own', () => {
    const text = canary(`interval: 3s
metrics:
- { name: request-success-rate, threshold: 95 }
- { name: own, threshold: 7, query: sum(own) }`).replace(
      'analysis:',
      'metricsServer: http://metrics.example\n  canaryAnalysis:',
    )
    const { guards, signals } = importText(text)
    expect(guards.cart).toMatchObject({
      checks: [
        { signal: 'error-rate', max: 5 },
        { signal: 'own', scope: 'service', max: 7 },
      ],
      every: '10s',
      threshold: 1,
    })
    expect(signals.prometheus?.url).toBe('http://metrics.example')
  })

  it('tells of what it leaves out', () => {
    const analysis = `interval: 1m
webhooks: []
metrics:
- { name: no-range }
- { name: elsewhere, templateRef: { name: gone }, thresholdRange: { max: 1 } }
- { name: lag, templateRef: { name: lag }, thresholdRange: { max: 1 } }`
    expect(outline(importText(canary(analysis, metricTemplate.replace('prometheus,', 'datadog,'))))).toEqual([
      'a.yaml:8 Canary cart: spec.analysis.webhooks: bind checklist items to checks and actions: what has to be asked stands in the document',
      'a.yaml:10 Canary cart: spec.analysis.metrics[0]: has no range: it can never fail',
      'a.yaml:11 Canary cart: spec.analysis.metrics[1].templateRef: MetricTemplate gone is not in these files',
      'a.yaml:18 MetricTemplate lag: spec.provider.type: only Prometheus is read; use a source of kind `http-json` where it has an HTTP API',
    ])
  })
})

describe('files', () => {
  it('that are no YAML are refused with their line, charts with what to do', () => {
    expect(() => importText('kind: [')).toThrow(PlanError)
    const chart = importError('spec:\n{{- if .Values.on }}\n  a: {{ .b }}\n{{- end }}\n')
    expect(chart).toMatchObject({
      place: { file: 'a.yaml', line: expect.any(Number), hint: 'render the chart first: helm template' },
    })
  })

  it('without anything to import are refused', () => {
    expect(importError('kind: Service\n')).toMatchObject({
      message: 'there is nothing to import',
      place: { file: 'a.yaml' },
    })
  })

  it('may hold lists, and documents of the same name', () => {
    const one = template(['interval: 1m', 'successCondition: result[0] > 1'])
    const list = JSON.stringify({ kind: 'List', items: [parse(one), parse(one)] })
    expect(Object.keys(importText(list).guards)).toEqual(['checkout-share', 'checkout-share-2'])
  })

  it('with aliases upon aliases are refused', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: [*c,*c,*c,*c,*c,*c,*c,*c,*c]
`
    expect(importError(bomb)).toBeInstanceOf(PlanError)
  })

  function importError(text: string): unknown {
    try {
      return importText(text)
    } catch (error) {
      return error
    }
  }
})

describe('as text', () => {
  const text = importedAsYaml(
    importText(
      canary(
        'interval: 1m\nstepWeight: 50\nmirror: true\nmetrics: [{ name: request-duration, thresholdRange: { max: 400 } }]',
        `---\n${template(['interval: 1m', 'successCondition: result[0] > 1'])}`,
      ),
    ),
  )

  it('what was carried over can be read again, by the kinds it is for', () => {
    const { signals, guards } = parse(text) as { signals: object; guards: Record<string, Record<string, unknown>> }
    expect(Object.keys(signals)).toEqual(['prometheus', 'router'])
    const { kind: _, title: __, unknownMax: ___, ...limit } = guards['checkout-share'] ?? {}
    const { kind: ____, title: _____, ...threshold } = guards.cart ?? {}
    expect(failureLimit.options.safeParse(limit).success).toBe(true)
    expect(stepThreshold.options.safeParse(threshold).success).toBe(true)
  })

  it('what was not stands in comments, as stages do', () => {
    expect(text).toContain('# - a.yaml:9: Canary cart: spec.analysis.mirror: traffic is not mirrored\n')
    expect(text).toContain('#       - name: weight-50\n#         weight: 50\n#         duration: 1m\n')
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { findKind, parseOptions } from '../../catalog/catalog.ts'
import { loadProject, type Project } from '../../config/load.ts'
import { PlanError } from '../../lib/errors.ts'
import { importProject, type ImportedProject } from './import-project.ts'
import { projectAsYaml } from './project-as-yaml.ts'

const importText = (...texts: string[]): ImportedProject =>
  importProject(texts.map((text, index) => ({ path: `${'abc'[index]}.yaml`, text })))
const notes = ({ notCarriedOver }: ImportedProject): string[] =>
  notCarriedOver.map(({ path, line, what, why }) => `${path}:${line} ${what}: ${why}`)

/** The text as a project: what is printed must be what gonogo takes. */
async function loaded(imported: ImportedProject): Promise<Project & { directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-imported-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(imported.files)) writeFileSync(join(directory, name), text)
  const signals = Object.values((imported.config.signals ?? {}) as Record<string, { url?: string }>)
  if (signals.some(({ url }) => url?.includes('PROMETHEUS_URL'))) process.env.PROMETHEUS_URL = 'http://prometheus:9090'
  writeFileSync(join(directory, 'gonogo.yaml'), projectAsYaml(imported))
  return loadProject(directory)
}

/** What bringing up v2 would execute: the target reads its files. */
async function targetPlan(imported: ImportedProject, name: string): Promise<string> {
  const { config, directory, stateDirectory } = await loaded(imported)
  const { kind: id = '', ...options } = config.targets[name] ?? {}
  const kind = findKind('target', id, {})
  const context = { name, directory, stateDirectory, env: { PATH: process.env['PATH'] ?? '' } }
  return kind.plan(parseOptions(kind.options, options, {}), 'v2', context).join('\n')
}

const rollout = (strategy: string, spec = ''): string => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: checkout
  namespace: shop
spec:
  replicas: 4
  revisionHistoryLimit: 3
  progressDeadlineSeconds: 90
  selector:
    matchLabels:
      app: checkout
  template:
    metadata:
      labels:
        app: checkout
    spec:
      containers:
        - name: web
          image: registry.shop:5000/team/checkout:1.4.2
          ports:
            - containerPort: 8080
${spec}  strategy:
${strategy}`

const GATEWAY = `    canary:
      stableService: checkout-stable
      canaryService: checkout-canary
      maxSurge: 25%
      trafficRouting:
        managedRoutes:
          - name: preview
        plugins:
          argoproj-labs/gatewayAPI:
            httpRoute: checkout
            namespace: edge
      steps:
        - setCanaryScale:
            weight: 25
        - setHeaderRoute:
            name: preview
            match:
              - headerName: x-preview
                headerValue: { exact: "yes" }
        - setWeight: 5
        - pause: { duration: 10m }
        - analysis:
            templates:
              - templateName: success-rate
        - setWeight: 40
        - pause: { duration: 90 }
`

describe('a Rollout', () => {
  it('becomes a manifest, a target, the router of its route and its steps as stages', async () => {
    const imported = importText(rollout(GATEWAY))
    expect(imported.config).toEqual({
      service: 'checkout',
      people: { 'release-manager': ['you'] },
      targets: {
        checkout: {
          kind: 'kubernetes',
          namespace: 'shop',
          manifest: 'checkout.yaml',
          readyTimeoutMs: 90_000,
          service: { port: 8080 },
        },
      },
      routers: {
        checkout: { kind: 'http-route', namespace: 'edge', route: 'checkout', previewHeader: 'x-gonogo-version' },
      },
      delivery: {
        target: 'checkout',
        router: 'checkout',
        candidate: 'next',
        stable: '1.4.2',
        strategy: {
          kind: 'canary',
          stages: [
            { name: 'weight-5', weight: 5, duration: '10 min' },
            { name: 'weight-40', weight: 40, duration: '1 min 30 s' },
            { name: 'full', weight: 100, duration: '0 ms' },
          ],
        },
        autoPromote: true,
      },
    })
    const deployment = parse(imported.files['checkout.yaml'] ?? '') as Record<string, any>
    expect([deployment.kind, deployment.metadata.name, deployment.spec.replicas]).toEqual(['Deployment', '{name}', 4])
    expect(deployment.spec.template.spec.containers[0].image).toBe('registry.shop:5000/team/checkout:{version}')
    expect(await targetPlan(imported, 'checkout')).toContain('kubectl')
    expect(notes(imported)).toEqual([
      expect.stringMatching(/^a\.yaml:1 Rollout checkout: `candidate: next` is a place holder/),
      expect.stringMatching(/^a\.yaml:1 .*write who may approve/),
      expect.stringMatching(/^a\.yaml:8 .*spec\.revisionHistoryLimit: .*keepRetired/),
      expect.stringMatching(/^a\.yaml:27 .*canary\.maxSurge: both versions run at full strength/),
      expect.stringMatching(/^a\.yaml:29 .*managedRoutes: testers reach the new version/),
      expect.stringMatching(/^a\.yaml:32 .*gatewayAPI: the backends of HTTPRoute checkout become/),
      expect.stringMatching(/^a\.yaml:36 .*steps\[0\]\.setCanaryScale: /),
      expect.stringMatching(/^a\.yaml:38 .*steps\[1\]\.setHeaderRoute: testers/),
      expect.stringMatching(/^a\.yaml:47 .*templateName: AnalysisTemplate success-rate is not in these files/),
    ])
  })

  it('that waits for a person asks one at every stage; one on ingress-nginx has that router', async () => {
    const imported = importText(
      rollout(`    canary:
      stableService: checkout
      trafficRouting:
        nginx:
          stableIngress: checkout-ingress
      steps:
        - setWeight: 20
        - pause: {}
`),
    )
    expect(imported.config.delivery).toMatchObject({ autoPromote: false, strategy: { kind: 'canary' } })
    expect(imported.config.routers).toEqual({
      checkout: { kind: 'ingress-nginx', namespace: 'shop', ingress: 'checkout-ingress' },
    })
    await loaded(imported)
  })

  it.each([
    ['no traffic routing', '', 'canary: nothing here splits traffic by weight'],
    [
      'a mesh',
      '      trafficRouting:\n        istio:\n          virtualService:\n            name: checkout\n',
      'istio: gonogo has no router for istio',
    ],
    [
      'a plugin that is not known',
      '      trafficRouting:\n        plugins:\n          acme/edge: {}\n',
      'plugins.acme/edge: gonogo has no router for this plugin',
    ],
  ])('with %s switches the Service at once, and says so', async (_, routing, said) => {
    const imported = importText(
      rollout(`    canary:\n${routing}      stableService: checkout-live\n      steps:\n        - setWeight: 20\n`),
    )
    expect(notes(imported).join('\n')).toContain(said)
    expect(imported.config.delivery).toMatchObject({ strategy: { kind: 'blue-green', preview: '0 s' } })
    expect(imported.config.routers).toEqual({
      checkout: { kind: 'service-selector', namespace: 'shop', service: 'checkout-live' },
    })
    await loaded(imported)
  })

  it('of blue and green keeps its waits, and takes ports and image from the documents beside it', async () => {
    const imported = importText(
      `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: cart }
spec:
  workloadRef: { apiVersion: apps/v1, kind: Deployment, name: cart-app, scaleDown: onsuccess }
  strategy:
    blueGreen:
      activeService: cart
      previewService: cart-preview
      autoPromotionSeconds: 300
      scaleDownDelaySeconds: 600
      prePromotionAnalysis:
        templates: [{ templateName: smoke }]
`,
      `apiVersion: v1
kind: Service
metadata: { name: cart }
spec: { ports: [{ port: 80, targetPort: http }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cart-app }
spec: { template: { spec: { containers: [{ name: web, image: "shop/cart:2.0" }] } } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: cart }
`,
    )
    expect(imported.config.targets).toEqual({
      cart: {
        kind: 'kubernetes',
        from: 'deployment/cart-app',
        image: 'shop/cart:{version}',
        service: { port: 80, targetPort: 'http' },
      },
    })
    expect(imported.config.delivery).toMatchObject({
      stable: '2.0',
      strategy: { kind: 'blue-green', warm: '600 s' },
      autoPromote: true,
    })
    const said = notes(imported).join('\n')
    for (const part of [
      'a.yaml:5 Rollout cart: spec.workloadRef.scaleDown',
      'previewService',
      'prePromotionAnalysis',
      'b.yaml:11 ConfigMap cart: is none of the documents',
    ])
      expect(said).toContain(part)
    await loaded(imported)
  })

  it('brings the guards of its templates', async () => {
    const imported = importText(
      rollout(GATEWAY),
      `apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: success-rate }
spec:
  metrics:
    - name: success
      interval: 1m
      successCondition: result[0] >= 0.99
      provider: { prometheus: { address: "http://prometheus.shop:9090", query: "sum(good) / sum(all)" } }
`,
    )
    expect(Object.keys(imported.config.guards ?? {})).toEqual(['success-rate-success'])
    expect(notes(imported).join('\n')).not.toContain('is not in these files')
    await loaded(imported)
  })

  it('lists what it does not know, with its line', () => {
    const imported = importText(rollout('    canary:\n      fancy: 1\n    recreate: {}\n', '  novel: true\n'))
    expect(notes(imported).join('\n')).toMatch(/a\.yaml:23 .*spec\.novel: is not known here/)
    expect(notes(imported).join('\n')).toMatch(/a\.yaml:26 .*canary\.fancy: is not known here/)
    expect(notes(imported).join('\n')).toMatch(/a\.yaml:27 .*strategy\.recreate: is not known here/)
  })
})

const canary = (analysis: string, service = 'port: 9898', spec = ''): string => `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: podinfo, namespace: test }
spec:
${spec}  targetRef: { apiVersion: apps/v1, kind: Deployment, name: podinfo }
  progressDeadlineSeconds: 60
  autoscalerRef: { kind: HorizontalPodAutoscaler, name: podinfo }
  service: { ${service} }
  analysis:
${analysis}`

const STEPS = `    interval: 1m
    threshold: 5
    maxWeight: 50
    stepWeight: 25
    metrics:
      - name: request-success-rate
        thresholdRange: { min: 99 }
    webhooks:
      - name: acceptance
        type: pre-rollout
        url: http://tester/
      - name: load
        url: http://tester/
`

describe('a Canary of Flagger', () => {
  it('on the Gateway API becomes a route with weights, stages and guards', async () => {
    const imported = importText(
      canary(
        STEPS,
        'port: 9898, targetPort: 9797, gatewayRefs: [{ name: public }], retries: { attempts: 3 }',
        '  provider: gatewayapi:v1\n',
      ),
    )
    expect(imported.config.targets).toEqual({
      podinfo: {
        kind: 'kubernetes',
        namespace: 'test',
        from: 'deployment/podinfo',
        image: 'podinfo:{version}',
        readyTimeoutMs: 60_000,
        service: { port: 9898, targetPort: 9797 },
      },
    })
    expect(imported.config.routers).toEqual({
      podinfo: { kind: 'http-route', namespace: 'test', route: 'podinfo' },
    })
    expect(imported.config.delivery).toMatchObject({
      strategy: { kind: 'canary', stages: [{ weight: 25 }, { weight: 50 }, { weight: 100 }] },
      autoPromote: true,
    })
    expect(imported.config.guards).toBeUndefined()
    const said = notes(imported).join('\n')
    for (const part of [
      'metrics[0]: the router counts no requests',
      'the image of Deployment podinfo is not in these files',
      'Flagger keeps deployment/podinfo at 0',
      'spec.autoscalerRef',
      'spec.service.retries: belongs to the route',
      'webhooks[0]: acceptance: bind a checklist item before the release',
      'webhooks[1]: load: bind a checklist item of the stage',
    ])
      expect(said).toContain(part)
    await loaded(imported)
  })

  it.each([
    [
      'ingressRef',
      '  provider: nginx\n  ingressRef: { kind: Ingress, name: podinfo-in }\n',
      { kind: 'ingress-nginx', namespace: 'test', ingress: 'podinfo-in' },
      'canary',
    ],
    [
      'a mesh',
      '  provider: istio\n',
      { kind: 'service-selector', namespace: 'test', service: 'podinfo' },
      'blue-green',
    ],
    [
      'plain Kubernetes',
      '  provider: kubernetes\n',
      { kind: 'service-selector', namespace: 'test', service: 'podinfo' },
      'blue-green',
    ],
  ])('with %s has the router that can do it', async (_, spec, router, strategy) => {
    const imported = importText(canary(STEPS, 'port: 9898', spec))
    expect(imported.config.routers).toEqual({ podinfo: router })
    expect(imported.config.delivery).toMatchObject({ strategy: { kind: strategy } })
    await loaded(imported)
  })

  it('of iterations previews; one that asks somebody is not promoted by itself; mirrors and headers are told', async () => {
    const imported = importText(
      canary(
        `    interval: 30s
    iterations: 10
    mirror: true
    match:
      - headers: { x-canary: { exact: insider } }
    webhooks:
      - { name: gate, type: confirm-promotion, url: "http://gate/" }
    sessionAffinity: { cookieName: c }
`,
        'port: 80, gatewayRefs: [{ name: public }]',
      ),
    )
    expect(imported.config.delivery).toMatchObject({ strategy: { kind: 'blue-green' }, autoPromote: false })
    const said = notes(imported).join('\n')
    for (const part of [
      'analysis.mirror: requests are mirrored by',
      'analysis.match: users are not split',
      'analysis.iterations: 10 looks',
      'analysis.sessionAffinity',
      'gate: every stage asks',
    ])
      expect(said).toContain(part)
    await loaded(imported)
  })

  it('of a DaemonSet is told, not imported', () => {
    expect(() => importText(canary('    interval: 1m\n').replace('kind: Deployment', 'kind: DaemonSet'))).toThrow(
      'nothing to import',
    )
  })
})

const KAMAL = `service: shop
image: acme/shop
servers:
  web:
    - 192.0.2.1
    - 192.0.2.2: [canary]
  jobs:
    hosts: [192.0.2.1]
    cmd: bin/jobs
    options: { memory: 2g }
registry:
  server: ghcr.io
  username: acme
  password: [KAMAL_REGISTRY_PASSWORD]
env:
  clear:
    DB_HOST: 192.0.2.9
    PRICE: "5$"
  secret:
    - RAILS_MASTER_KEY
    - DB_PASSWORD:DB_PASSWORD_OF_PRODUCTION
proxy:
  ssl: true
  host: shop.example
  app_port: 3000
  response_timeout: 12
  healthcheck: { path: /health, interval: 3, timeout: 2 }
  buffering: { max_request_body: 40_000_000, memory: 2_000_000 }
deploy_timeout: 45
drain_timeout: 20
boot: { limit: 25%, wait: 2 }
retain_containers: 3
builder: { arch: amd64 }
accessories:
  db: { image: postgres:16, host: 192.0.2.9 }
volumes: [ "/data:/data" ]
x-common: {}
novel: 1
`

describe('deploy.yml of Kamal', () => {
  it('becomes a Compose file, a target behind the built-in proxy and a blue-green switch', async () => {
    const imported = importText(KAMAL)
    expect(imported.config).toMatchObject({
      service: 'shop',
      routers: { shop: { kind: 'builtin-proxy', listen: { port: 8080 }, requestTimeoutMs: 12_000 } },
      delivery: { target: 'shop', router: 'shop', strategy: { kind: 'blue-green', preview: '0 s' }, autoPromote: true },
    })
    expect(imported.config.targets).toEqual({
      shop: {
        kind: 'compose',
        files: ['compose.yaml'],
        service: 'web',
        project: 'shop-{slot}',
        versionEnv: 'VERSION',
        containerPort: 3000,
        health: { path: '/health', intervalMs: 3000, timeoutMs: 2000, startTimeoutMs: 45_000 },
        graceMs: 20_000,
      },
    })
    expect(parse(imported.files['compose.yaml'] ?? '')).toMatchObject({
      services: {
        web: {
          image: 'ghcr.io/acme/shop:${VERSION}',
          ports: ['127.0.0.1::3000'],
          environment: {
            DB_HOST: '192.0.2.9',
            PRICE: '5$$',
            RAILS_MASTER_KEY: '${RAILS_MASTER_KEY}',
            DB_PASSWORD: '${DB_PASSWORD_OF_PRODUCTION}',
          },
          volumes: ['/data:/data'],
          stop_grace_period: '20s',
        },
        jobs: { command: 'bin/jobs' },
      },
    })
    const said = notes(imported)
    for (const part of [
      /a\.yaml:3 Kamal shop: servers: 2 hosts/,
      /a\.yaml:7 .*servers\.jobs: stands in the Compose file, and gets no requests/,
      /a\.yaml:10 .*servers\.jobs\.options: options of `docker run`/,
      /a\.yaml:13 .*registry\.username/,
      /a\.yaml:14 .*registry\.password: log in with "docker login"/,
      /a\.yaml:19 .*env\.secret: set RAILS_MASTER_KEY, DB_PASSWORD_OF_PRODUCTION/,
      /a\.yaml:23 .*proxy\.ssl: .*terminate TLS in front/,
      /a\.yaml:24 .*proxy\.host/,
      /a\.yaml:28 .*proxy\.buffering\.memory/,
      /a\.yaml:31 .*boot\.limit/,
      /a\.yaml:32 .*retain_containers/,
      /a\.yaml:33 .*builder: gonogo builds no images/,
      /a\.yaml:35 .*accessories\.db: runs on as it is/,
      /a\.yaml:38 .*novel: is not known here/,
    ])
      expect(said).toContainEqual(expect.stringMatching(part))
    expect(said.join('\n')).not.toContain('x-common')
    await loaded(imported)
  })

  it('with a list of hosts and without a registry is the smallest there is', async () => {
    const imported = importText('service: hey\nimage: 37s/hey:v1\nservers: [192.0.2.1]\n')
    expect(imported.config.delivery).toMatchObject({ stable: 'v1' })
    await loaded(imported)
  })
})

describe('files', () => {
  it('of several services become one delivery in the order given; one strategy is taken, and that is told', async () => {
    const one = rollout(GATEWAY)
    const two = rollout(GATEWAY.replace('setWeight: 40', 'setWeight: 60')).replaceAll('checkout', 'cart')
    const imported = importText(one, two)
    expect(imported.config.delivery).toMatchObject({
      services: { checkout: { target: 'checkout', router: 'checkout' }, cart: { target: 'cart', router: 'cart' } },
    })
    expect(notes(imported).join('\n')).toContain('a delivery has one strategy: that of checkout was taken')
    const sameName = importText(one, rollout(GATEWAY.replace('setWeight: 40', 'setWeight: 60')))
    expect(notes(sameName).join('\n')).toContain(
      'b.yaml:23 Rollout checkout: spec.strategy: a delivery has one strategy',
    )
    await loaded(imported)
  })

  it.each([
    ['what is no YAML', 'a: [1', /a\.yaml:1: /],
    [
      'nothing to import',
      'kind: ConfigMap\nmetadata: { name: x }\n',
      /a\.yaml: there is nothing to import; expected a Rollout/,
    ],
    [
      'a template that is not rendered',
      'service: s\n<% if x %>\nimage: 1\n',
      /a\.yaml:\d+: .*; fill the Ruby in it first: erb FILE/,
    ],
    ['an empty file', '', /there is nothing to import/],
  ])('of %s are refused with their line', (_, text, message) => {
    try {
      importText(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(PlanError)
      expect((error as PlanError).toLine()).toMatch(message)
    }
  })

  it.each([
    'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: { strategy: { canary: {} }, template: 7 }\n',
    'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: []\nspec: { strategy: { canary: { steps: [null, 1, { setWeight: x }, { pause: never }], trafficRouting: [] } } }\n',
    'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: { name: "../x y" }\nspec: { workloadRef: { kind: Pod }, strategy: { blueGreen: { autoPromotionSeconds: -1, activeService: 7 } } }\n',
    'kind: Canary\nmetadata: { name: c }\nspec: { targetRef: 1, service: { port: "http" }, analysis: { iterations: many, webhooks: [1] } }\n',
    'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: { progressDeadlineSeconds: 99999999, strategy: { canary: { trafficRouting: { nginx: { stableIngress: i } }, steps: [{ setWeight: 400 }, { pause: { duration: -5 } }] } }, template: { spec: { containers: [{ image: "a b", ports: [{ containerPort: 99999 }] }] } } }\n',
    'kind: Canary\nmetadata: { name: c }\nspec: {}\n',
    'service: s\nservers: 7\nimage: 1\nproxy: false\nenv: [A]\nregistry: x\nboot: 1\n',
    'service: s\nservers: { web: { hosts: { a: 1 } } }\nproxy: { healthcheck: /up, response_timeout: soon, app_port: no }\n',
  ])('of nonsense give a project that validates, or none: %s', async (text) => {
    await loaded(importText(text))
  })
})

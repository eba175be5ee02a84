// Canary Ingresses: options, dry-run, shares as annotations, and which paths belong to the release.
import { describe, expect, it } from 'vitest'
import { canaryAnnotations, canaryIngress, canaryPercent, placesOf } from './ingress-nginx/ingress.ts'
import { ingressNginx } from './ingress-nginx.ts'

const context = { name: 'edge', directory: '/project', stateDirectory: '/project/.gonogo', env: {} }
const plan = (weights: Record<string, number>) =>
  ingressNginx.plan(ingressNginx.options.parse({ ingress: 'web' }), weights, context)
const path = (name: string) => ({
  path: '/',
  pathType: 'Prefix',
  backend: { service: { name, port: { name: 'http' } } },
})
const main = {
  metadata: { name: 'web', generation: 1 },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      { host: 'a', http: { paths: [path('admin'), path('web-v1')] } },
      { host: 'b', http: { paths: [path('admin')] } },
    ],
  },
}

describe('ingress-nginx', () => {
  it('takes its example, and not the failing one', () => {
    expect(ingressNginx.options.safeParse(ingressNginx.example).success).toBe(true)
    expect(ingressNginx.options.safeParse(ingressNginx.failingExample).success).toBe(false)
  })

  it('shows the commands that it runs', () => {
    const [lead, canary] = plan({ v1: 90, v2: 10 })
    expect(lead).toContain('kubectl patch ingresses.networking.k8s.io web --type=json')
    expect(canary).toMatch(/^kubectl apply --server-side --field-manager=gonogo .*canary-weight=10/)
    expect(plan({ v1: 100, v2: 0 })[1]).toMatch(
      /^kubectl delete ingresses.networking.k8s.io .*metadata.name=web-canary/,
    )
  })

  it.each([0, 10, 100, 0.5, 33.3])('tells a share of %d percent and reads it back', (percent) => {
    const annotations = canaryAnnotations(percent, null)
    expect(canaryPercent({ metadata: { name: 'c', generation: 1, annotations }, spec: {} })).toBeCloseTo(percent, 3)
  })

  it('takes an Ingress whose annotations say no canary as none', () => {
    const annotations = { 'nginx.ingress.kubernetes.io/canary-weight': '50' }
    expect(canaryPercent({ metadata: { name: 'c', generation: 1, annotations }, spec: {} })).toBe(0)
  })

  it('has the paths of the release only; or all, where all lead to one Service', () => {
    expect(placesOf(main, ['web-v1', 'web-v2'])).toEqual([{ rule: 0, path: 1, service: 'web-v1' }])
    expect(placesOf(main, ['web-v2'])).toEqual([])
    const whole = { ...main, spec: { rules: [{ http: { paths: [path('web')] } }] } }
    expect(placesOf(whole, ['web-v1'])).toEqual([{ rule: 0, path: 0, service: 'web' }])
  })

  it('makes the canary of the same hosts and paths, with the port as it is there', () => {
    expect(canaryIngress(main, 'web-canary', placesOf(main, ['web-v1']), 'web-v2', {})).toMatchObject({
      spec: { ingressClassName: 'nginx', rules: [{ host: 'a', http: { paths: [path('web-v2')] } }] },
    })
  })
})

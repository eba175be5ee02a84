// The selector of a Service: options, dry-run, and what it does before it writes.
import { describe, expect, it } from 'vitest'
import { serviceSelector } from './service-selector.ts'

const context = { name: 'edge', directory: '/project', stateDirectory: '/project/.gonogo', env: {} }
const plan = (given: unknown, weights: Record<string, number>) =>
  serviceSelector.plan(serviceSelector.options.parse(given), weights, context)

describe('service-selector', () => {
  it('takes its example, and not the failing one', () => {
    expect(serviceSelector.options.safeParse(serviceSelector.example).success).toBe(true)
    expect(serviceSelector.options.safeParse(serviceSelector.failingExample).success).toBe(false)
  })

  it('shows the command that it runs', () => {
    expect(plan({ service: 'web', namespace: 'shop', kubeconfig: 'k.yaml' }, { v1: 0, v2: 100 })).toEqual([
      `kubectl patch service web --type=merge '--patch={"spec":{"selector":{"gonogo.dev/version":"v2"}}}' --kubeconfig=/project/k.yaml --namespace=shop --request-timeout=20s`,
    ])
  })

  it('turns a version that can be no label into one, as targets do', () => {
    expect(plan({ service: 'web', label: 'version' }, { 'feature/V2': 100 })[0]).toContain('{"version":"feature-v2"}')
  })

  it('says in the dry-run that it cannot split', () => {
    expect(plan({ service: 'web' }, { v1: 90, v2: 10 })).toEqual([
      'refused: a Service leads to one version only, not 90 % to v1, 10 % to v2',
    ])
  })
})

// Weights of an HTTPRoute: options, dry-run, the patch, and what counts as taken over.
import { describe, expect, it } from 'vitest'
import {
  findRule,
  partsOf,
  patchOf,
  previewRule,
  previewRules,
  refLike,
  unmetConditions,
  wholeWeights,
} from './http-route/route.ts'
import { httpRoute } from './http-route.ts'

const context = { name: 'edge', directory: '/project', stateDirectory: '/project/.gonogo', env: {} }

describe('http-route', () => {
  it('takes its example, and not the failing one', () => {
    expect(httpRoute.options.safeParse(httpRoute.example).success).toBe(true)
    expect(httpRoute.options.safeParse(httpRoute.failingExample).success).toBe(false)
  })

  it('shows the command that it runs, with words for what it reads first', () => {
    const [line] = httpRoute.plan(httpRoute.options.parse({ route: 'web', rule: 'app' }), { v1: 90, v2: 10 }, context)
    expect(line).toMatch(/^kubectl patch httproutes.gateway.networking.k8s.io web --type=json /)
    expect(line).toContain('"/spec/rules/<place of rule app>/backendRefs"')
    expect(line).toContain('[{"name":"<Service of v1>","weight":90},{"name":"<Service of v2>","weight":10}]')
  })

  it('has whole weights, and lets nobody with a share go without', () => {
    expect(wholeWeights({ v1: 100, v2: 0 })).toEqual({ v1: 100 })
    expect(wholeWeights({ v1: 99.5, v2: 0.5 })).toEqual({ v1: 99_500, v2: 500 })
    expect(wholeWeights({ v1: 99.9999, v2: 0.0001 })).toEqual({ v1: 100_000, v2: 1 })
  })

  it('keeps what the backend that is there says, except whose namespace it is in', () => {
    const filters = [{ type: 'RequestHeaderModifier' }]
    const rule = { backendRefs: [{ name: 'web', namespace: 'other', port: 8080, weight: 1, filters }] }
    expect(refLike(rule, 'web-v2', 0, 10)).toEqual({ name: 'web-v2', port: 8080, weight: 10, filters })
    expect(refLike(undefined, 'web-v2', 80, 10)).toEqual({ name: 'web-v2', port: 80, weight: 10 })
  })

  it('counts a backend without a weight as 1', () => {
    expect(partsOf([{ name: 'a' }, { name: 'b', weight: 3 }, { name: 'a', weight: null }])).toEqual({ a: 2, b: 3 })
  })

  it('finds a rule by name or place', () => {
    const route = { spec: { rules: [{}, { name: 'app' }] } }
    expect([findRule(route, 'app'), findRule(route, 0), findRule(route, 2), findRule(route, 'no')]).toEqual([
      1,
      0,
      null,
      null,
    ])
  })

  it('removes rules from the end, so that places stay what they were', () => {
    const patch = patchOf('web', { generation: 3, rule: 0, refs: [], removed: [1, 3], added: [{}] })
    expect(JSON.parse(patch.at(-1)?.replace('--patch=', '') ?? '')).toEqual([
      { op: 'test', path: '/metadata/generation', value: 3 },
      { op: 'add', path: '/spec/rules/0/backendRefs', value: [] },
      { op: 'remove', path: '/spec/rules/3' },
      { op: 'remove', path: '/spec/rules/1' },
      { op: 'add', path: '/spec/rules/-', value: {} },
    ])
  })

  it('makes a rule for the preview header out of the rule, and knows it again', () => {
    const path = { type: 'PathPrefix', value: '/' }
    const rule = previewRule({ name: 'app', matches: [{ path }] }, 'x-preview', 'v2', { name: 'web-v2' })
    expect(rule).toEqual({
      matches: [{ path, headers: [{ type: 'Exact', name: 'x-preview', value: 'v2' }] }],
      backendRefs: [{ name: 'web-v2', weight: 1 }],
    })
    expect(previewRules({ spec: { rules: [{ matches: [{ path }] }, {}, rule] } }, 'x-preview')).toEqual([2])
  })

  describe('in force', () => {
    const condition = (type: string, status = 'True', observedGeneration = 2) => ({ type, status, observedGeneration })
    const route = (...conditions: ReturnType<typeof condition>[]) => ({
      metadata: { generation: 2 },
      spec: { parentRefs: [{}] },
      status: { parents: [{ parentRef: { name: 'public' }, conditions }] },
    })

    it('is what every gateway has accepted as it is now', () => {
      expect(unmetConditions(route(condition('Accepted'), condition('ResolvedRefs')))).toEqual([])
    })

    it.each([
      [
        'an older generation',
        route(condition('Accepted'), condition('ResolvedRefs', 'True', 1)),
        /is of generation 1, not of 2/,
      ],
      [
        'a refusal',
        route(condition('Accepted', 'False'), condition('ResolvedRefs')),
        /Accepted of gateway public is False/,
      ],
      ['silence on one', route(condition('Accepted')), /ResolvedRefs of gateway public is not told/],
      ['no gateway', { ...route(), status: null }, /no controller has answered/],
    ])('is not %s', (_, found, words) => {
      expect(unmetConditions(found).join()).toMatch(words)
    })
  })
})

import { createIn, envOf, whereIn } from '../in-cluster.ts'
import { NOTHING_TO_START, type Place, type RouterScene } from '../scene.ts'

const url = ({ slug, cluster }: Place): string => `${cluster?.gateway.url ?? 'http://127.0.0.1'}/route/${slug}`

export const httpRoute: RouterScene = {
  kind: 'http-route',
  label: 'http-route',
  needs: ['cluster'],
  missing: () => null,
  options: (place) => ({ ...whereIn(place), route: place.slug, rule: 'app', drainMs: 200, probe: { url: url(place) } }),
  url,
  async open(place) {
    const { slug } = place
    const matches = [{ path: { type: 'PathPrefix', value: '/' } }]
    const rule = { name: 'app', matches, backendRefs: [{ name: `${slug}-v1`, port: 80 }] }
    createIn(place, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: slug },
      spec: { parentRefs: [{ name: 'public' }], rules: [rule] },
    })
    return { ...NOTHING_TO_START, env: envOf(place), parts: ['Gateway API 1.4.1'] }
  },
}

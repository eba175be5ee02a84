import { VERSION_LABEL } from '../../../src/lib/kubernetes/names.ts'
import { createIn, envOf, service, whereIn } from '../in-cluster.ts'
import { NOTHING_TO_START, type Place, type RouterScene } from '../scene.ts'

const url = ({ slug, cluster }: Place): string => `${cluster?.gateway.url ?? 'http://127.0.0.1'}/service/${slug}`

export const serviceSelector: RouterScene = {
  kind: 'service-selector',
  label: 'service-selector',
  needs: ['cluster'],
  missing: () => null,
  options: (place) => ({ ...whereIn(place), service: place.slug, drainMs: 200, probe: { url: url(place) } }),
  url,
  async open(place) {
    createIn(place, service(place.slug, { app: place.slug, [VERSION_LABEL]: 'v1' }))
    return { ...NOTHING_TO_START, env: envOf(place) }
  },
}

import { createIn, envOf, whereIn } from '../in-cluster.ts'
import { NOTHING_TO_START, type Place, type RouterScene } from '../scene.ts'

const url = ({ slug, cluster }: Place): string => `${cluster?.gateway.url ?? 'http://127.0.0.1'}/ingress/${slug}`

export const ingressNginx: RouterScene = {
  kind: 'ingress-nginx',
  label: 'ingress-nginx',
  needs: ['cluster'],
  missing: () => null,
  options: (place) => ({ ...whereIn(place), ingress: place.slug, drainMs: 200, probe: { url: url(place) } }),
  url,
  async open(place) {
    const { slug } = place
    const backend = { service: { name: `${slug}-v1`, port: { number: 80 } } }
    const paths = [{ path: '/', pathType: 'Prefix', backend }]
    createIn(place, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: slug },
      spec: { ingressClassName: 'nginx', rules: [{ host: `${slug}.example.com`, http: { paths } }] },
    })
    return { ...NOTHING_TO_START, env: envOf(place) }
  },
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import {
  clusterOf,
  createIn,
  envOf,
  kubectlIn,
  leaveCluster,
  partsOfCluster,
  podsOf,
  service,
  whereIn,
  workload,
} from '../in-cluster.ts'
import type { OpenTarget, Place, TargetScene } from '../scene.ts'

const common = { kind: 'kubernetes', label: 'kubernetes', needs: ['cluster'], missing: () => null } as const

export const kubernetes: TargetScene = {
  ...common,
  options: (place) => ({ ...whereIn(place), manifest: 'web.yaml', name: `${place.slug}-{version}` }),
  async open(place) {
    const objects = [workload('{name}', place.slug, '{version}'), service('{name}', { app: place.slug })]
    writeFileSync(join(place.directory, 'web.yaml'), objects.map((object) => stringify(object)).join('---\n'))
    return opened(place)
  },
}

export const kubernetesInPlace: TargetScene = {
  ...common,
  options: (place) => ({
    ...whereIn(place),
    mode: 'in-place',
    workload: `deployment/${place.slug}`,
    image: 'registry.internal/web:{version}',
  }),
  async open(place) {
    const { slug } = place
    createIn(place, workload(slug, slug, 'v1'), service(slug, { app: slug }))
    kubectlIn(place)(['rollout', 'status', `deployment/${slug}`, '--timeout=60s'])
    return opened(place)
  },
}

function opened(place: Place): OpenTarget {
  return {
    env: envOf(place),
    url: `${clusterOf(place).gateway.url}/service/${place.slug}`,
    running: (version) => podsOf(place, version),
    parts: partsOfCluster(place),
    stop: async () => leaveCluster(place),
  }
}

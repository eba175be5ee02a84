import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION_LABEL } from '../../../src/lib/kubernetes/names.ts'
import { clusterOf, envOf, helm as runHelm, leaveCluster, partsOfCluster, podsOf, whereIn } from '../in-cluster.ts'
import { kubectlIn } from '../in-cluster.ts'
import type { OpenTarget, Place, TargetScene } from '../scene.ts'

const TEMPLATES = `apiVersion: apps/v1
kind: Deployment
metadata: { name: "{{ .Release.Name }}" }
spec:
  replicas: 2
  selector: { matchLabels: { release: "{{ .Release.Name }}" } }
  template:
    metadata:
      labels: { app: "{{ .Values.app }}", release: "{{ .Release.Name }}", ${VERSION_LABEL}: "{{ .Values.image.tag }}" }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: registry.internal/web:{{ .Values.image.tag }}
          ports: [{ containerPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: "{{ .Release.Name }}" }
spec:
  selector: { release: "{{ .Release.Name }}" }
  ports: [{ port: 80, targetPort: 8080 }]
`

const common = { kind: 'helm', label: 'helm', needs: ['cluster'], missing: () => null } as const
const CHART = { chart: './chart', set: { 'image.tag': '{version}' }, timeoutMs: 60_000 }

export const helm: TargetScene = {
  ...common,
  options: (place) => ({ ...whereIn(place), ...CHART, release: `${place.slug}-{version}` }),
  async open(place) {
    layChart(place)
    return opened(place)
  },
}

export const helmInPlace: TargetScene = {
  ...common,
  options: (place) => ({ ...whereIn(place), ...CHART, mode: 'in-place', release: place.slug }),
  async open(place) {
    layChart(place)
    const chart = join(place.directory, 'chart')
    runHelm(place, 'install', place.slug, chart, '--set=image.tag=v1', '--wait', '--timeout=60s')
    return opened(place)
  },
}

function layChart(place: Place): void {
  const { directory, slug } = place
  mkdirSync(join(directory, 'chart', 'templates'), { recursive: true })
  writeFileSync(join(directory, 'chart', 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 0.1.0\n')
  writeFileSync(join(directory, 'chart', 'values.yaml'), `app: ${slug}\nimage: { tag: none }\n`)
  writeFileSync(join(directory, 'chart', 'templates', 'all.yaml'), TEMPLATES)
  // It makes the namespace.
  kubectlIn(place)
}

function opened(place: Place): OpenTarget {
  const version = runHelm(place, 'version', '--template={{.Version}}').trim().replace('v', '')
  return {
    env: envOf(place),
    url: `${clusterOf(place).gateway.url}/service/${place.slug}`,
    running: (name) => podsOf(place, name),
    parts: [...partsOfCluster(place), `Helm ${version}`],
    stop: async () => leaveCluster(place),
  }
}

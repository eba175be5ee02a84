// Stand-in for scheduler and kubelet: binds pods to its one node, says that they run and are ready or how they fail, answers HTTP in
// their place on loopback, serves their logs, and lets them go when they are deleted.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { openApi, podAddressOnLoopback, type ApiObject, type KubernetesApi } from './kubernetes-api.ts'

/** How a pod fails: by this annotation of the pod, or by such a word in the tag of an image. */
export const FAILS_ANNOTATION = 'gonogo.test/fails'
const FAILURES = ['image-pull', 'crash', 'unready', 'unschedulable', 'faulty'] as const
type Failure = (typeof FAILURES)[number]

const NODE = 'node-a'
/** From SIGTERM to the end of a process that ends well. */
const ENDING_MS = 100
const ROUTE = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/?]+)/

interface Container {
  name: string
  image: string
  ports?: { containerPort: number }[]
  env?: { name: string; value?: string }[]
}

class Kubelet {
  readonly #api: KubernetesApi
  readonly #pods = new Map<string, Server[]>()
  #addresses = 0

  constructor(api: KubernetesApi) {
    this.#api = api
  }

  async start(certificates: string): Promise<void> {
    const port = await this.#serveLogs(certificates)
    const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }
    const capacity = { cpu: '64', memory: '256Gi', pods: '1000' }
    await this.#api.ask('POST', '/api/v1/nodes', { kind: 'Node', apiVersion: 'v1', metadata: { name: NODE } }, [409])
    await this.#api.ask('PATCH', `/api/v1/nodes/${NODE}/status`, {
      status: {
        capacity,
        allocatable: capacity,
        conditions: [{ ...condition, lastHeartbeatTime: new Date(), lastTransitionTime: new Date() }],
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: port } },
      },
    })
    this.#api.watch('/api/v1/pods', (pod, isGone) => {
      // What is not done now is done with the next change of the pod; one that is gone needs nothing more.
      this.#see(pod, isGone).catch((error) => console.error(String(error)))
    })
  }

  async #see(pod: ApiObject, isGone: boolean): Promise<void> {
    const { name, namespace, uid, deletionTimestamp } = pod.metadata
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`
    if (isGone) return this.#silence(uid)
    if (deletionTimestamp) {
      await new Promise((resolve) => setTimeout(resolve, ENDING_MS).unref())
      this.#silence(uid)
      const options = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } }
      await this.#api.ask('DELETE', path, options, [404, 409])
      return
    }
    const failure = failureOf(pod)
    if (!pod.spec.nodeName) return this.#bind(pod, path, failure)
    if (this.#pods.has(uid) || pod.spec.nodeName !== NODE) return
    this.#pods.set(uid, [])
    const address = this.#newAddress()
    if (failure === null || failure === 'faulty') await this.#answer(pod, address, failure !== null)
    await this.#api.ask('PATCH', `${path}/status`, { status: statusOf(pod, failure, address) }, [404])
  }

  /** Clusters of several suites at once, and their pods, do not get into each other's way. */
  #newAddress(): string {
    this.#addresses += 1
    return `10.${((process.pid >> 8) % 255) + 1}.${process.pid & 255}.${(this.#addresses % 254) + 1}`
  }

  async #bind(pod: ApiObject, path: string, failure: Failure | null): Promise<void> {
    const { name, namespace } = pod.metadata
    if (failure !== 'unschedulable') {
      const target = { kind: 'Node', name: NODE }
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target }
      await this.#api.ask('POST', `${path}/binding`, binding, [404, 409])
      return
    }
    if (pod.status.conditions) return
    const message = '0/1 nodes are available: 1 Insufficient cpu.'
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
    await this.#api.ask('PATCH', `${path}/status`, { status: { phase: 'Pending', conditions: [condition] } }, [404])
  }

  /** The pod answers on every port its containers name: which version it is in a header, and 500 where it is `faulty`. */
  async #answer(pod: ApiObject, address: string, isFaulty: boolean): Promise<void> {
    const { name, uid, labels = {} } = pod.metadata
    const containers = pod.spec.containers as Container[]
    const told = containers.flatMap(({ env = [] }) => env).find((variable) => variable.name === 'VERSION')?.value
    const version = told ?? labels['version'] ?? tagOf(containers[0]?.image ?? '')
    for (const { containerPort } of containers.flatMap(({ ports = [] }) => ports)) {
      const server = createServer((_, response) => {
        response.writeHead(isFaulty ? 500 : 200, { 'x-gonogo-version': version, 'x-pod': name }).end(`${version}\n`)
      })
      await new Promise<void>((resolve, reject) => {
        server.on('error', reject).listen(containerPort, podAddressOnLoopback(address), resolve)
      })
      this.#pods.get(uid)?.push(server)
    }
  }

  #silence(uid: string): void {
    for (const server of this.#pods.get(uid) ?? []) {
      server.close()
      server.closeAllConnections()
    }
    this.#pods.delete(uid)
  }

  /** What `kubectl logs` shows. */
  async #serveLogs(certificates: string): Promise<number> {
    const read = (ending: string) => readFileSync(`${certificates}/apiserver.${ending}`)
    const server = createTlsServer({ key: read('key'), cert: read('crt') }, (incoming, response) => {
      const [, , name = '', container = ''] = ROUTE.exec(incoming.url ?? '') ?? []
      response.end(`${container} of ${name} starts\ncannot reach the database at db.internal:5432\n`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
}

function tagOf(image: string): string {
  return /:([^:/]+)$/.exec(image)?.[1] ?? 'latest'
}

function failureOf(pod: ApiObject): Failure | null {
  const said = pod.metadata.annotations?.[FAILS_ANNOTATION]
  const tags = (pod.spec.containers as Container[]).map(({ image }) => tagOf(image))
  return FAILURES.find((failure) => said === failure || tags.some((tag) => tag.includes(failure))) ?? null
}

function statusOf(pod: ApiObject, failure: Failure | null, address: string): Record<string, unknown> {
  const now = new Date().toISOString()
  const isReady = failure === null || failure === 'faulty'
  const isRunning = isReady || failure === 'unready'
  const states: Partial<Record<Failure, { reason: string; message: string }>> = {
    'image-pull': { reason: 'ImagePullBackOff', message: 'Back-off pulling image: not found' },
    crash: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' },
  }
  const waiting = failure ? states[failure] : undefined
  const ended = { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now }
  const condition = (type: string, isTrue: boolean, reason: string) => ({
    type,
    status: isTrue ? 'True' : 'False',
    lastTransitionTime: now,
    ...(isTrue ? {} : { reason }),
  })
  return {
    phase: isRunning || failure === 'crash' ? 'Running' : 'Pending',
    hostIP: '127.0.0.1',
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: now,
    conditions: [
      condition('PodScheduled', true, ''),
      condition('Initialized', true, ''),
      condition('ContainersReady', isReady, 'ContainersNotReady'),
      condition('Ready', isReady, 'ContainersNotReady'),
    ],
    containerStatuses: (pod.spec.containers as Container[]).map(({ name, image }) => ({
      name,
      image,
      imageID: image,
      ready: isReady,
      started: isRunning,
      restartCount: failure === 'crash' ? 3 : 0,
      state: waiting ? { waiting } : { running: { startedAt: now } },
      ...(failure === 'crash' ? { lastState: { terminated: ended } } : {}),
    })),
  }
}

const [kubeconfig = '', certificates = ''] = process.argv.slice(2)
await new Kubelet(openApi(kubeconfig)).start(certificates)

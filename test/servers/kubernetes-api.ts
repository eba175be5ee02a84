// The API of Kubernetes as the stand-ins of services suites use it: requests, and objects that are watched.
import { readFileSync } from 'node:fs'
import { Agent, request, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'

/** As the API gives it: `spec` and `status` are what the kind says. */
export interface ApiObject {
  metadata: {
    name: string
    namespace?: string
    uid: string
    resourceVersion: string
    generation?: number
    deletionTimestamp?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  // oxlint-disable-next-line typescript/no-explicit-any
  [field: string]: any
}

export interface Watched {
  /** As they are known now. */
  objects(): ApiObject[]
}

export interface KubernetesApi {
  /** @returns the answer's body. @throws Error where it is refused, unless its status is among `fine`. */
  ask(method: string, path: string, body?: unknown, fine?: readonly number[]): Promise<ApiObject>
  /** Keeps the objects of a collection (`/api/v1/pods`); `changed` is told of each that came, changed or went. */
  watch(path: string, changed: (object: ApiObject, isGone: boolean) => void): Watched
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority': string } }[]
  users: { user: { token: string } }[]
}

const AGAIN_MS = 100
const PATCH_TYPES: Record<string, string> = { PATCH: 'application/merge-patch+json' }

/** Where the address of a pod really answers: the API takes no endpoint on loopback, so pods have 10.x and listen on 127.x. */
export function podAddressOnLoopback(address: string): string {
  return address.replace(/^10\./, '127.')
}

/** @param kubeconfig one that `startKubernetes` wrote. */
export function openApi(kubeconfig: string): KubernetesApi {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const { server = '', 'certificate-authority': authority = '' } = clusters[0]?.cluster ?? {}
  const agent = new Agent({ keepAlive: true, ca: readFileSync(authority) })
  const headers = { authorization: `Bearer ${users[0]?.user.token}` }

  const send = (method: string, path: string, body: unknown): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const options: RequestOptions = {
        method,
        agent,
        // With its length: Node sends no body of a DELETE otherwise.
        headers: {
          ...headers,
          'content-type': PATCH_TYPES[method] ?? 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      }
      request(new URL(path, server), options, resolve).on('error', reject).end(text)
    })
  const ask = async (method: string, path: string, body?: unknown, fine: readonly number[] = []) => {
    const answer = await send(method, path, body)
    let text = ''
    for await (const chunk of answer.setEncoding('utf8')) text += chunk
    const status = answer.statusCode ?? 0
    if (status >= 300 && !fine.includes(status)) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 1000)}`)
    return JSON.parse(text) as ApiObject
  }

  return {
    ask,
    watch(path, changed) {
      const known = new Map<string, ApiObject>()
      const take = (object: ApiObject): void => {
        known.set(object.metadata.uid, object)
        changed(object, false)
      }
      const drop = (object: ApiObject): void => {
        if (known.delete(object.metadata.uid)) changed(object, true)
      }
      const follow = async (): Promise<void> => {
        const { items, metadata } = (await ask('GET', path)) as unknown as {
          items: ApiObject[]
          metadata: ApiObject['metadata']
        }
        const there = new Set(items.map((item) => item.metadata.uid))
        for (const object of known.values()) if (!there.has(object.metadata.uid)) drop(object)
        for (const item of items)
          if (known.get(item.metadata.uid)?.metadata.resourceVersion !== item.metadata.resourceVersion) take(item)
        const answer = await send('GET', `${path}?watch=1&resourceVersion=${metadata.resourceVersion}`, undefined)
        for await (const line of createInterface({ input: answer })) {
          const { type, object } = JSON.parse(line) as { type: string; object: ApiObject }
          if (type === 'ERROR') return
          if (type === 'DELETED') drop(object)
          else take(object)
        }
      }
      const keepOn = async (): Promise<void> => {
        for (;;) {
          await follow().catch(() => {})
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref())
        }
      }
      void keepOn()
      return { objects: () => [...known.values()] }
    },
  }
}

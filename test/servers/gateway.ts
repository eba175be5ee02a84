// Stand-in for what carries traffic in a cluster, for services suites: Services to their endpoints, HTTPRoutes by weight (whose status it
// reports, as a controller of the Gateway API does), Ingresses with the canary annotations of ingress-nginx.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'
import { testProgramsFolder, withGo } from './go-program.ts'
import type { KubernetesServer } from './kubernetes.ts'

const GATEWAY_API = 'sigs.k8s.io/gateway-api@v1.4.1'

export interface Gateway {
  /** Header `x-gonogo-version` of whoever answers `/service/NAME`, `/route/NAME` or `/ingress/NAME`; else the status as `HTTP 503`. */
  ask(path: string, headers?: Record<string, string>): Promise<string>
  /** `http://127.0.0.1:PORT`. */
  url: string
  stop(): Promise<void>
}

/** Installs the definitions of the Gateway API, standard channel; false where they cannot be had. */
export function installGatewayApi(cluster: KubernetesServer): boolean {
  const folder = join(testProgramsFolder(), GATEWAY_API.replace(/^.*\//, ''))
  try {
    if (!existsSync(folder)) fetchDefinitions(folder)
  } catch (error) {
    console.warn(`the Gateway API could not be fetched: ${String(error).slice(0, 500)}`)
    return false
  }
  cluster.kubectl(['apply', '--server-side', `--filename=${folder}`])
  cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd/httproutes.gateway.networking.k8s.io'])
  return true
}

/** Whole or not at all: two suites may fetch at the same time. */
function fetchDefinitions(folder: string): void {
  const options = { cwd: '/', encoding: 'utf8' as const, env: withGo() }
  const { Dir } = JSON.parse(execFileSync('go', ['mod', 'download', '-json', GATEWAY_API], options)) as { Dir: string }
  const making = `${folder}.${process.pid}`
  cpSync(join(Dir, 'config/crd/standard'), making, { recursive: true })
  if (!existsSync(folder)) renameSync(making, folder)
  rmSync(making, { recursive: true, force: true })
}

/** @param options lagMs from a change of a route to it being in force; routes: whether it knows HTTPRoutes, which must be installed. */
export async function startGateway(
  cluster: KubernetesServer,
  { lagMs = 0, routes = false }: { lagMs?: number; routes?: boolean } = {},
): Promise<Gateway> {
  const port = await freePort()
  const args = [cluster.kubeconfig, port, lagMs, routes ? 'routes' : ''].map(String)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'gateway-process.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  const url = `http://127.0.0.1:${port}`
  const isUp = () =>
    fetch(url).then(
      () => true as const,
      () => null,
    )
  if ((await poll(isUp, { everyMs: 50, timeoutMs: 20_000 })) === null) throw new Error('the gateway did not start')
  return {
    url,
    async ask(path, headers = {}) {
      const answer = await fetch(url + path, { headers })
      await answer.arrayBuffer()
      return answer.headers.get('x-gonogo-version') ?? `HTTP ${answer.status}`
    },
    async stop() {
      process.removeListener('exit', end)
      const gone = once(child, 'exit')
      end()
      await gone
    },
  }
}

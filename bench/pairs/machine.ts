// What several pairs share, started when the first of them wants it: a cluster with what carries its traffic, a docker engine.
import { canHaveDocker, composePlugin, startDocker, type DockerEngine } from '../../test/servers/docker-engine.ts'
import { installGatewayApi, startGateway, type Gateway } from '../../test/servers/gateway.ts'
import { kubernetesPrograms, startKubernetes, type KubernetesServer } from '../../test/servers/kubernetes.ts'
import type { Need } from './scene.ts'

export interface Cluster {
  server: KubernetesServer
  gateway: Gateway
}

export class Machine implements AsyncDisposable {
  #cluster: Promise<Cluster | null> | null = null
  #docker: Promise<DockerEngine | null> | null = null

  cluster(): Promise<Cluster | null> {
    return (this.#cluster ??= startCluster())
  }

  docker(): Promise<DockerEngine | null> {
    return (this.#docker ??= startEngine())
  }

  /** Why it cannot be had here; null where it can, and then it runs. */
  async missing(need: Need): Promise<string | null> {
    if (need === 'docker') return (await this.docker()) ? null : 'dockerd that can run containers, and Go for compose'
    return (await this.cluster()) ? null : 'etcd and Go, to build Kubernetes with'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [cluster, docker] = await Promise.all([this.#cluster, this.#docker])
    await cluster?.gateway.stop()
    await cluster?.server.stop()
    await docker?.stop()
  }
}

async function startCluster(): Promise<Cluster | null> {
  const programs = await kubernetesPrograms({ controllers: true })
  if (programs === null) return null
  const server = await startKubernetes(programs, { controllers: true })
  if (installGatewayApi(server)) return { server, gateway: await startGateway(server, { routes: true }) }
  await server.stop()
  return null
}

async function startEngine(): Promise<DockerEngine | null> {
  const plugin = canHaveDocker() ? await composePlugin() : null
  return plugin === null ? null : startDocker(plugin)
}

// A real API server of Kubernetes over a real etcd, for services suites: built from its Go modules once a machine, on loopback, ended by
// process id. Without controllers, what they would report is reported by tests in their place; with them, a stand-in for the kubelet runs
// beside, and pods really answer.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'
import { goPrograms } from './go-program.ts'
import type { KubernetesObject } from './kubernetes-objects.ts'
import { controllerFlags, controllerProgram } from './kubernetes-controllers.ts'
import { isProgramThere } from './packages.ts'

const VERSION = '1.34.4'
const HELM_VERSION = '3.19.5'

export interface KubernetesServer {
  /** Of somebody who may do everything. */
  kubeconfig: string
  /** Of somebody who may do nothing. */
  guestKubeconfig: string
  /** Of a server that takes connections on no port. */
  deadKubeconfig: string
  /** Where kubectl and helm are found. */
  env: Record<string, string>
  /** Creates the objects and then reports the status they have here, as controllers do. */
  apply(...objects: readonly KubernetesObject[]): void
  /** @throws Error with what kubectl said. */
  kubectl(args: readonly string[], input?: string): string
  /** Answers nothing until `resume`. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

interface ClusterParts {
  /** Deployments get pods, which run, and Services endpoints. @default false */
  controllers?: boolean
}

/** Folder of kube-apiserver, kubectl and helm, where etcd is there too; null where this machine cannot have them. */
export async function kubernetesPrograms({ controllers = false }: ClusterParts = {}): Promise<string | null> {
  if (!isProgramThere('etcd', 'etcd-server')) return null
  if (controllers && (await controllerProgram(VERSION)) === null) return null
  const [major, minor] = VERSION.split('.')
  const version = { gitVersion: `v${VERSION}`, gitMajor: major, gitMinor: minor }
  return goPrograms({
    name: `kubernetes-${VERSION}`,
    modules: [`k8s.io/kubernetes@v${VERSION}`, `helm.sh/helm/v3@v${HELM_VERSION}`],
    staged: `v0.${minor}.${VERSION.split('.')[2]}`,
    programs: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      kubectl: 'k8s.io/kubernetes/cmd/kubectl',
      helm: 'helm.sh/helm/v3/cmd/helm',
    },
    ldflags: Object.entries(version)
      .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
      .join(' '),
  })
}

/** Starts one with the namespace `shop`; it is ready when this resolves. */
export async function startKubernetes(
  programs: string,
  { controllers = false }: ClusterParts = {},
): Promise<KubernetesServer> {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-kubernetes-'))
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()]
  const running: ChildProcess[] = []
  // A file, not a pipe: nobody reads while a test waits for kubectl, and what cannot write its log stands still.
  const logPath = join(root, 'log')
  const log = openSync(logPath, 'a')
  const said = (): string => readFileSync(logPath, 'utf8').slice(-4000)
  const start = (program: string, flags: Readonly<Record<string, string>>): ChildProcess =>
    startWith(
      program,
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    )
  const startWith = (program: string, args: readonly string[]): ChildProcess => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', log] })
    running.push(child)
    return child
  }
  const end = (): void => running.forEach((child) => child.kill('SIGKILL'))
  process.once('exit', end)

  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const peerUrl = `http://127.0.0.1:${peerPort}`
  start('etcd', {
    'data-dir': join(root, 'etcd'),
    'listen-client-urls': etcdUrl,
    'advertise-client-urls': etcdUrl,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `default=${peerUrl}`,
    'unsafe-no-fsync': 'true',
  })
  const server = start(join(programs, 'kube-apiserver'), {
    ...identityFlags(root),
    'etcd-servers': etcdUrl,
    'secure-port': String(port),
  })
  const certificate = join(root, 'certificates', 'apiserver.crt')
  const kubeconfigOf = (name: string, at: number): string =>
    writeKubeconfig(join(root, `${name}.yaml`), name, at, certificate)
  const [kubeconfig, guestKubeconfig, deadKubeconfig] = [
    kubeconfigOf('admin', port),
    kubeconfigOf('guest', port),
    kubeconfigOf('dead', 1),
  ]
  const env = {
    ...(process.env as Record<string, string>),
    PATH: `${programs}:${process.env.PATH}`,
    HOME: root,
    KUBECONFIG: '/dev/null',
  }
  const run = (args: readonly string[], input = '') =>
    spawnSync(join(programs, 'kubectl'), [`--kubeconfig=${kubeconfig}`, ...args], { env, input, encoding: 'utf8' })
  const kubectl = (args: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = run(args, input)
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const isReady = (): true | null => {
    if (running.some(({ exitCode }) => exitCode !== null)) throw new Error(`Kubernetes did not start: ${said()}`)
    return run(['get', '--raw', '/readyz']).status === 0 ? true : null
  }
  if ((await poll(isReady, { everyMs: 200, timeoutMs: 120_000 })) === null) throw new Error(`Kubernetes: ${said()}`)
  kubectl(['create', 'namespace', 'shop'])
  if (controllers) {
    const program = join((await controllerProgram(VERSION)) ?? '', 'kube-controller-manager')
    start(program, controllerFlags(kubeconfig, keyIn(root)))
    startWith(process.execPath, [join(import.meta.dirname, 'kubelet.ts'), kubeconfig, join(root, 'certificates')])
  }
  return {
    kubeconfig,
    guestKubeconfig,
    deadKubeconfig,
    env,
    kubectl,
    apply(...objects) {
      kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
      for (const { kind, metadata, status } of objects)
        if (status) {
          const where = metadata.namespace ? [`--namespace=${metadata.namespace}`] : []
          const patch = ['--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`]
          kubectl(['patch', kind, metadata.name, ...where, ...patch])
        }
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    async stop() {
      process.removeListener('exit', end)
      const gone = running
        .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
        .map((child) => once(child, 'exit'))
      end()
      await Promise.all(gone)
      closeSync(log)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Of service accounts. */
function keyIn(root: string): string {
  return join(root, 'service-accounts.pem')
}

/** Two users by token: one may do everything, one nothing. Service accounts, for which there is no controller, are not asked for. */
function identityFlags(root: string): Record<string, string> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const [key, tokens] = [keyIn(root), join(root, 'tokens.csv')]
  writeFileSync(key, privateKey, { mode: 0o600 })
  writeFileSync(tokens, 'admin-token,admin,1,system:masters\nguest-token,guest,2\n', { mode: 0o600 })
  return {
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'cert-dir': join(root, 'certificates'),
    'service-account-issuer': 'https://kubernetes.internal',
    'service-account-key-file': key,
    'service-account-signing-key-file': key,
    'service-cluster-ip-range': '10.96.0.0/16',
    'token-auth-file': tokens,
    'authorization-mode': 'RBAC',
    'disable-admission-plugins': 'ServiceAccount,TaintNodesByCondition',
  }
}

function writeKubeconfig(path: string, user: string, port: number, certificate: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': certificate } },
    ],
    users: [{ name: user, user: { token: `${user}-token` } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user, namespace: 'shop' } }],
    'current-context': 'test',
  }
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 })
  return path
}

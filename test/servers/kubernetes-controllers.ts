// kube-controller-manager for services suites: what makes pods of deployments, endpoints of services, and clears up.
import { goPrograms } from './go-program.ts'

const CONTROLLERS = [
  'deployment',
  'replicaset',
  'statefulset',
  'daemonset',
  'job',
  'endpoints',
  'endpointslice',
  'namespace',
  'garbage-collector',
  'serviceaccount',
  'resourcequota',
]

/** Folder of the program; null where it cannot be built. */
export function controllerProgram(version: string): Promise<string | null> {
  return goPrograms({
    name: `kube-controller-manager-${version}`,
    modules: [`k8s.io/kubernetes@v${version}`],
    staged: `v0.${version.split('.').slice(1).join('.')}`,
    programs: { 'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager' },
  })
}

/** @param key the one service accounts are signed with. */
export function controllerFlags(kubeconfig: string, key: string): Record<string, string> {
  return {
    kubeconfig,
    controllers: CONTROLLERS.map((name) => `${name}-controller`).join(','),
    'service-account-private-key-file': key,
    'leader-elect': 'false',
    'secure-port': '0',
    'kube-api-qps': '500',
    'kube-api-burst': '1000',
  }
}

// Checks of clusters, images and containers: one line a kind.

export const cluster = {
  'kube-reachable': async () => (await import('../../checks/cluster/kube-reachable.ts')).kubeReachable,
  'kube-workloads': async () => (await import('../../checks/cluster/kube-workloads.ts')).kubeWorkloads,
  'kube-hardening': async () => (await import('../../checks/cluster/kube-hardening.ts')).kubeHardening,
  'kube-objects': async () => (await import('../../checks/cluster/kube-objects.ts')).kubeObjects,
  'kube-quota': async () => (await import('../../checks/cluster/kube-quota.ts')).kubeQuota,
  'kube-certificates': async () => (await import('../../checks/cluster/kube-certificates.ts')).kubeCertificates,
  'helm-chart': async () => (await import('../../checks/cluster/helm-chart.ts')).helmChart,
  'helm-release': async () => (await import('../../checks/cluster/helm-release.ts')).helmRelease,
  'image-exists': async () => (await import('../../checks/cluster/image-exists.ts')).imageExists,
  'docker-engine': async () => (await import('../../checks/cluster/docker-engine.ts')).dockerEngine,
  'compose-services': async () => (await import('../../checks/cluster/compose-services.ts')).composeServices,
}

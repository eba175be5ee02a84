// Checks of clusters, images and containers: one line a kind.
import { composeServices } from '../../checks/cluster/compose-services.ts'
import { dockerEngine } from '../../checks/cluster/docker-engine.ts'
import { helmChart } from '../../checks/cluster/helm-chart.ts'
import { helmRelease } from '../../checks/cluster/helm-release.ts'
import { imageExists } from '../../checks/cluster/image-exists.ts'
import { kubeCertificates } from '../../checks/cluster/kube-certificates.ts'
import { kubeHardening } from '../../checks/cluster/kube-hardening.ts'
import { kubeObjects } from '../../checks/cluster/kube-objects.ts'
import { kubeQuota } from '../../checks/cluster/kube-quota.ts'
import { kubeReachable } from '../../checks/cluster/kube-reachable.ts'
import { kubeWorkloads } from '../../checks/cluster/kube-workloads.ts'

export const cluster = [
  kubeReachable,
  kubeWorkloads,
  kubeHardening,
  kubeObjects,
  kubeQuota,
  kubeCertificates,
  helmChart,
  helmRelease,
  imageExists,
  dockerEngine,
  composeServices,
] as const

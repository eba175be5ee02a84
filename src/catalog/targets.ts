// Every kind of target: one line a kind. A file is read when its kind is wanted.

export const targets = {
  'process-group': async () => (await import('../targets/process-group.ts')).processGroup,
  helm: async () => (await import('../targets/helm.ts')).helm,
  kubernetes: async () => (await import('../targets/kubernetes.ts')).kubernetes,
}

// Every kind of target: one line a kind. A file is read when its kind is wanted.

export const targets = {
  'process-group': async () => (await import('../targets/process-group.ts')).processGroup,
  'static-site': async () => (await import('../targets/static-site.ts')).staticSite,
  pm2: async () => (await import('../targets/pm2.ts')).pm2,
  command: async () => (await import('../targets/command.ts')).command,
  compose: async () => (await import('../targets/compose.ts')).compose,
  helm: async () => (await import('../targets/helm.ts')).helm,
  kubernetes: async () => (await import('../targets/kubernetes.ts')).kubernetes,
  systemd: async () => (await import('../targets/systemd.ts')).systemd,
}

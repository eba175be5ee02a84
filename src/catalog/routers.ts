// Every kind of router: one line a kind. A file is read when its kind is wanted.

export const routers = {
  'builtin-proxy': async () => (await import('../routers/builtin-proxy.ts')).builtinProxy,
  haproxy: async () => (await import('../routers/haproxy.ts')).haproxy,
  nginx: async () => (await import('../routers/nginx.ts')).nginx,
  'service-selector': async () => (await import('../routers/service-selector.ts')).serviceSelector,
  'http-route': async () => (await import('../routers/http-route.ts')).httpRoute,
  'ingress-nginx': async () => (await import('../routers/ingress-nginx.ts')).ingressNginx,
  command: async () => (await import('../routers/command.ts')).command,
}

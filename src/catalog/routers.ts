// Every kind of router: one line a kind. A file is read when its kind is wanted.

export const routers = {
  'builtin-proxy': async () => (await import('../routers/builtin-proxy.ts')).builtinProxy,
  haproxy: async () => (await import('../routers/haproxy.ts')).haproxy,
  nginx: async () => (await import('../routers/nginx.ts')).nginx,
}

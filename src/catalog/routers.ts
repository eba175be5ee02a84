// Every kind of router: one line a kind. A file is read when its kind is wanted.

export const routers = {
  'builtin-proxy': async () => (await import('../routers/builtin-proxy.ts')).builtinProxy,
}

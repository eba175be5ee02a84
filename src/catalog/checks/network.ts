// Checks of what answers over the network: one line a kind.

export const network = {
  http: async () => (await import('../../checks/network/http.ts')).http,
  'http-sequence': async () => (await import('../../checks/network/http-sequence.ts')).httpSequence,
  tcp: async () => (await import('../../checks/network/tcp.ts')).tcp,
  tls: async () => (await import('../../checks/network/tls.ts')).tls,
  dns: async () => (await import('../../checks/network/dns.ts')).dns,
  'security-headers': async () => (await import('../../checks/network/security-headers.ts')).securityHeaders,
  cors: async () => (await import('../../checks/network/cors.ts')).cors,
  'rate-limit': async () => (await import('../../checks/network/rate-limit.ts')).rateLimit,
  websocket: async () => (await import('../../checks/network/websocket.ts')).websocket,
  redirects: async () => (await import('../../checks/network/redirects.ts')).redirects,
  'cdn-cache': async () => (await import('../../checks/network/cdn-cache.ts')).cdnCache,
}

// Checks of what answers over the network: one line a kind.
import { cdnCache } from '../../checks/network/cdn-cache.ts'
import { cors } from '../../checks/network/cors.ts'
import { dns } from '../../checks/network/dns.ts'
import { httpSequence } from '../../checks/network/http-sequence.ts'
import { http } from '../../checks/network/http.ts'
import { rateLimit } from '../../checks/network/rate-limit.ts'
import { redirects } from '../../checks/network/redirects.ts'
import { securityHeaders } from '../../checks/network/security-headers.ts'
import { tcp } from '../../checks/network/tcp.ts'
import { tls } from '../../checks/network/tls.ts'
import { websocket } from '../../checks/network/websocket.ts'

export const network = [
  http,
  httpSequence,
  tcp,
  tls,
  dns,
  securityHeaders,
  cors,
  rateLimit,
  websocket,
  redirects,
  cdnCache,
] as const

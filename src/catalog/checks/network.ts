// Checks of what answers over the network: one line a kind.
import { dns } from '../../checks/network/dns.ts'
import { http } from '../../checks/network/http.ts'
import { tcp } from '../../checks/network/tcp.ts'
import { tls } from '../../checks/network/tls.ts'

export const network = [http, tcp, tls, dns] as const

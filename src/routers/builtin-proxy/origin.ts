// The address of a backend as a URL.
import type { Backend } from '../../plan/traffic.ts'

/** `http://127.0.0.1:8080`, `http://[::1]:8080`. */
export function originOf({ host, port }: Backend): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

// How a request is handed on, the same in both modes.
import type { NginxSettings } from './settings.ts'

/**
 * Directives of a location.
 * @param connection The variable that holds the `Connection` header.
 * @param isStream For event streams and upgraded connections.
 */
export function forwarding(settings: NginxSettings, connection: string, isStream: boolean): string {
  const { trustForwarded, connectTimeoutMs, requestTimeoutMs } = settings
  const headers: Record<string, string> = {
    Host: '$http_host',
    Connection: connection,
    Upgrade: '$http_upgrade',
    'X-Forwarded-For': trustForwarded ? '$proxy_add_x_forwarded_for' : '$remote_addr',
    ...(trustForwarded ? {} : { 'X-Forwarded-Proto': '$scheme', 'X-Forwarded-Host': '$http_host' }),
  }
  return [
    'proxy_http_version 1.1;',
    'proxy_redirect off;',
    'proxy_buffer_size 16k;',
    'proxy_buffers 8 16k;',
    'proxy_busy_buffers_size 32k;',
    ...Object.entries(headers).map(([name, value]) => `proxy_set_header ${name} ${value};`),
    `proxy_connect_timeout ${connectTimeoutMs}ms;`,
    // What is open for hours may be silent for long.
    `proxy_read_timeout ${isStream ? '24h' : `${requestTimeoutMs}ms`};`,
    `proxy_send_timeout ${requestTimeoutMs}ms;`,
    ...(isStream ? ['proxy_buffering off;'] : []),
  ]
    .map((line) => `  ${line}`)
    .join('\n')
}

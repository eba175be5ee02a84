// The whole configuration of an nginx that gonogo runs for who has none.
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { quoteDirective } from './paths.ts'
import type { NginxPaths } from './paths.ts'
import type { NginxSettings } from './settings.ts'

/**
 * @param modules Files to load.
 * @param isRoot Workers run as who runs gonogo: as root nginx would otherwise take another user, who may not read here.
 */
export function ownConfig(
  settings: NginxSettings,
  paths: NginxPaths,
  modules: readonly string[],
  isRoot: boolean,
): string {
  const { host = '127.0.0.1', port = 0 } = settings.listen ?? {}
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `# Written by gonogo. Changes are overwritten.
${modules.map((file) => `load_module ${quoteDirective(file)};\n`).join('')}${isRoot ? 'user root;\n' : ''}worker_processes auto;
worker_shutdown_timeout 1h;
pid ${quoteDirective(paths.pid)};
error_log ${quoteDirective(paths.log)} error;
events { worker_connections 8192; }
http {
${temporary.map((name) => `  ${name}_temp_path ${quoteDirective(join(paths.directory, `${name}_temp`))};`).join('\n')}
  access_log off;
  server_tokens off;
  client_max_body_size ${settings.requestBytesMax};
  large_client_header_buffers 4 16k;
  client_header_timeout 60s;
  client_body_timeout 60s;
  keepalive_timeout 75s;
  keepalive_requests 1000000;
  include ${quoteDirective(paths.http)};
  server {
    listen ${isIPv6(host) ? `[${host}]` : host}:${port} backlog=4096;
    include ${quoteDirective(paths.server)};
  }
}
`
}

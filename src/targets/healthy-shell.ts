// Shell of the capsule that waits until a version answers: who starts it comes back before it does.
import { quoteWord } from '../lib/shell.ts'
import type { StartHealth } from './health.ts'

/** Lines that end with exit code 1 when the right answer does not come in time. Where nothing could ask, they say nothing. */
export function healthyShell(
  address: { host: string; port: number | undefined },
  health: StartHealth,
  system: string,
): string {
  const { kind, path, status, startTimeoutMs } = health
  if (address.port === undefined || kind !== 'http') return ':'
  const url = `http://${address.host}:${address.port}${path}`
  const late = quoteWord(`${system}: ${url} does not give ${status} within ${startTimeoutMs / 1000} s`)
  return [
    `ends=$(( $(date +%s) + ${Math.ceil(startTimeoutMs / 1000)} ))`,
    'if command -v curl >/dev/null 2>&1; then',
    `  until [ "$(curl -s -o /dev/null -w '%{http_code}' --max-time 2 ${quoteWord(url)} || :)" = ${status} ]; do`,
    `    [ "$(date +%s)" -lt "$ends" ] || { echo ${late} >&2; exit 1; }`,
    '    sleep 0.1 2>/dev/null || sleep 1',
    '  done',
    'fi',
  ].join('\n')
}

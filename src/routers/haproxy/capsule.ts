// Shell of the capsule: the runtime API asked with whatever program can (socat, curl, nc), and read back.
import { hostAndPort, type RuntimePlace } from '../../lib/haproxy-runtime.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { inLines, socatAddress } from './runtime.ts'

const WAIT_S = 5

/** `ask COMMANDS`: one line to the runtime API; what it answers. */
function askFunction(place: RuntimePlace): string {
  const { host, port } = place.tcp === undefined ? { host: 'haproxy', port: 23 } : hostAndPort(place.tcp)
  const socket = place.socket === undefined ? '' : `--unix-socket ${quoteWord(place.socket)} `
  const url = quoteWord(`telnet://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const netcat = place.socket === undefined ? `${quoteWord(host)} ${port}` : `-U ${quoteWord(place.socket)}`
  return `ask() {
  if command -v socat >/dev/null 2>&1; then
    printf '%s\\n' "$1" | socat -t ${WAIT_S} -T ${WAIT_S} - ${quoteWord(socatAddress(place))}
  elif command -v curl >/dev/null 2>&1; then
    printf '%s\\n' "$1" | curl -sS --max-time ${WAIT_S} ${socket}${url}
  elif command -v nc >/dev/null 2>&1; then
    printf '%s\\n' "$1" | nc -w ${WAIT_S} ${netcat}
  else
    echo 'to talk to HAProxy, install socat, curl or nc' >&2
    return 1
  fi
}`
}

export interface GeneratedStep {
  title: string
  place: RuntimePlace
  /** Content of the map, and where HAProxy reads it. */
  map: { file: string; content: string; path: string }
  /** What puts the table in force. */
  commands: readonly string[]
  /** The line of the map that is read back. */
  expected: string
  /** Command line that starts HAProxy again. */
  start: string
}

/** The step where gonogo wrote the configuration: also what a HAProxy that was restarted reads is put right. */
export function generatedStep({ title, place, map, commands, expected, start }: GeneratedStep): CapsuleStep {
  const path = quoteWord(map.path)
  const log = quoteWord(`${map.path}.log`)
  return {
    stage: 'traffic',
    title,
    files: { [map.file]: map.content },
    shell: `(
set -eu
${askFunction(place)}
cp "$HERE"/${quoteWord(map.file)} ${quoteWord(`${map.path}.new`)}
mv ${quoteWord(`${map.path}.new`)} ${path}
put() {
${inLines(commands)
  .map((line) => `  ask ${quoteWord(line)} >/dev/null || return 1`)
  .join('\n')}
  case "$(ask ${quoteWord(`show map ${map.path}`)})" in *${quoteWord(expected)}*) return 0 ;; esac
  return 1
}
if put 2>${log}; then exit 0; fi
# It does not run: one that is started reads the map.
if ${start} >>${log} 2>&1; then
  tries=0
  while [ "$tries" -lt ${WAIT_S} ]; do
    if put 2>/dev/null; then exit 0; fi
    tries=$((tries + 1))
    sleep 1
  done
fi
cat ${log} >&2
echo ${quoteWord(`HAProxy does not take the route at ${place.socket ?? place.tcp}; one that is started afresh takes it from ${map.path}`)} >&2
exit 1
)
`,
  }
}

export interface AdoptedStep {
  title: string
  place: RuntimePlace
  backend: string
  /** Servers that are to have requests; without a host they keep the address they have. */
  raised: readonly { server: string; host: string | null; port: number; weight: number }[]
  /** Servers that are to have none. */
  lowered: readonly string[]
}

/** The step where the configuration is the user's: everything is told again, whatever a restart has forgotten. */
export function adoptedStep({ title, place, backend, raised, lowered }: AdoptedStep): CapsuleStep {
  const raise = raised.flatMap(({ server, host, port, weight }) => [
    `ask ${quoteWord(raiseLine(backend, server, { host, port }, weight))} >/dev/null`,
    `is ${quoteWord(server)} ${quoteWord(host ?? '*')} ${host === null ? "'*'" : port} '[04]' ${weight}`,
  ])
  const lower = lowered.flatMap((server) => [
    `ask ${quoteWord(`set server ${backend}/${server} state maint`)} >/dev/null`,
    `is ${quoteWord(server)} '*' '*' '[!04]*' '*'`,
  ])
  return {
    stage: 'traffic',
    title,
    files: {},
    shell: `(
set -eu
${askFunction(place)}
# is SERVER ADDRESS PORT ADMIN_STATE WEIGHT: what HAProxy says it is now. State 4 only says that it began disabled.
is() {
  states=$(ask ${quoteWord(`show servers state ${backend}`)})
  while read -r _ _ _ name address _ admin weight _ _ _ _ _ _ _ _ _ _ port _; do
    [ "$name" = "$1" ] || continue
    case "$address $port $admin $weight" in $2\\ $3\\ $4\\ $5) return 0 ;; esac
  done <<STATES
$states
STATES
  echo "HAProxy does not do what it is told of server $1: is the socket level admin, and the server in backend ${backend}?" >&2
  return 1
}
${[...raise, ...lower].join('\n')}
)
`,
  }
}

/** Address, weight, then in service, in one line. */
export function raiseLine(
  backend: string,
  server: string,
  { host, port }: { host: string | null; port: number },
  weight: number,
): string {
  const name = `${backend}/${server}`
  const address = host === null ? '' : `set server ${name} addr ${host} port ${port};`
  return `${address}set server ${name} weight ${weight};set server ${name} state ready`
}

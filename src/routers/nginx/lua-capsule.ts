// The shell that switches an nginx with Lua: curl, else socat, else a file moved to where its workers look for one.
import { describeWeights } from '../../plan/traffic.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import { sha256 } from '../../lib/hash.ts'
import { programLine } from '../../lib/program.ts'
import type { Program } from '../../lib/program.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { adminName } from './lua-config.ts'
import type { NginxPaths } from './paths.ts'

export interface LuaCapsule {
  name: string
  paths: NginxPaths
  table: RoutingTable
  /** The table's text without its stamp. */
  lines: string
  /** Loopback address of the admin server; null where it is a socket. */
  address: string | null
  /** Starts an nginx of gonogo's own. */
  start: Program | null
}

export function luaTrafficStep({ name, paths, table, lines, address, start }: LuaCapsule): CapsuleStep {
  // A capsule holds several tables of one router: to hold requests, and to let them go.
  const file = `traffic-${encodeURIComponent(name)}-${sha256(lines).slice(0, 8)}.table`
  return {
    stage: 'traffic',
    title: `${describeWeights(table.weights)} (router ${name})`,
    files: { [file]: lines },
    shell: shellText({ file, name, paths, address, start }),
  }
}

function shellText(parts: {
  file: string
  name: string
  paths: NginxPaths
  address: string | null
  start: Program | null
}): string {
  const { file, name, paths, address, start } = parts
  const kept = quoteWord(paths.table)
  const draft = quoteWord(`${paths.table}.new`)
  const host = adminName(name)
  const [curl, socat, token] =
    address === null
      ? [`--unix-socket ${quoteWord(paths.adminSocket)} http://nginx/table`, `UNIX-CONNECT:${paths.adminSocket}`, false]
      : [`-H @${quoteWord(paths.token)} ${quoteWord(`http://${address}/table`)}`, `TCP:${address}`, true]
  const again = start === null ? 'start nginx' : `rm -f ${quoteWord(paths.adminSocket)}; ${programLine(start)}`
  return `text() { echo "gonogo-table $stamp"; cat "$HERE"/${quoteWord(file)}; }
# Greater than the stamp of the table before, whatever the clock says.
stamp=$(date +%s)999
last=0
if [ -r ${kept} ]; then read -r word last <${kept} || last=0; fi
[ "$stamp" -gt "$last" ] || stamp=$((last + 1))
told=no
if command -v curl >/dev/null 2>&1 &&
  text | curl -fsS --noproxy '*' --max-time 5 -X PUT -H ${quoteWord(`host: ${host}`)} --data-binary @- \\
    ${curl} >/dev/null 2>&1; then
  told=yes
elif command -v socat >/dev/null 2>&1; then
  bytes=$(text | wc -c)
  case $({
    printf 'PUT /table HTTP/1.0\\r\\nHost: %s\\r\\nContent-Length: %s\\r\\n' ${quoteWord(host)} "$((bytes))"
    ${token ? `printf '%s\\r\\n' "$(cat ${quoteWord(paths.token)})"\n    ` : ''}printf '\\r\\n'
    text
  } | socat -t 5 - ${quoteWord(socat)} 2>/dev/null) in
  *' 200 OK'*) told=yes ;;
  esac
fi
# What nginx comes up with when it is started again; where nobody could tell it, its workers find it there.
text >${draft}
mv ${draft} ${kept}
tries=0
while [ "$told" = no ] && [ "$tries" -lt 30 ]; do
  if [ "$(cat ${quoteWord(paths.ack)} 2>/dev/null)" = "$stamp" ]; then told=yes; fi
  tries=$((tries + 1))
  [ "$told" = yes ] || sleep 0.1 2>/dev/null || sleep 1
done
if [ "$told" = no ]; then
  echo ${quoteWord(`nginx does not confirm the table of router ${name}. If it runs, install curl and run this again.`)} >&2
  echo ${quoteWord(`If it does not, start it, it will take this table: ${again}`)} >&2
  exit 1
fi`
}

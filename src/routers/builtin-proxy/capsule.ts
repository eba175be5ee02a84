// The shell that switches traffic when nothing of gonogo is left but the proxy: curl where there is one, else a file moved into place.
import { describeWeights } from '../../plan/traffic.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import { canonicalJson, sha256 } from '../../lib/hash.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import type { ProxyPaths } from './paths.ts'

/** Command that starts the proxy again, for the message when it is dead. */
export interface ProxyCommand {
  node: string
  script: string
}

/** The capsule's traffic step: puts `table` in force, run as often as you like. */
export function trafficStep(name: string, paths: ProxyPaths, table: RoutingTable, command: ProxyCommand): CapsuleStep {
  const json = canonicalJson(table)
  // A capsule holds several tables of one router: to hold requests, and to let them go.
  const file = `traffic-${encodeURIComponent(name)}-${sha256(json).slice(0, 8)}.json`
  return {
    stage: 'traffic',
    title: `${describeWeights(table.weights)} (router ${name})`,
    files: { [file]: json },
    shell: shellText(quoteWord(file), paths, sha256(json), command),
  }
}

/** The control file goes before its acknowledgement: without one, a proxy that comes up in between would take the file of an earlier day. */
function shellText(file: string, paths: ProxyPaths, hash: string, command: ProxyCommand): string {
  return `table="$HERE"/${file}
switched=no
if command -v curl >/dev/null 2>&1 &&
  curl -fsS --max-time 2 --unix-socket ${quoteWord(paths.adminSocket)} -X PUT -H 'content-type: application/json' \\
    --data-binary @"$table" http://router/table >/dev/null; then
  switched=yes
elif [ -d ${quoteWord(paths.directory)} ]; then
  rm -f ${quoteWord(paths.control)} ${quoteWord(paths.ack)}
  cp "$table" ${quoteWord(`${paths.control}.new`)}
  mv ${quoteWord(`${paths.control}.new`)} ${quoteWord(paths.control)}
  tries=0
  while [ "$tries" -lt 30 ]; do
    if [ "$(cat ${quoteWord(paths.ack)} 2>/dev/null)" = ${hash} ]; then
      switched=yes
      break
    fi
    tries=$((tries + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
fi
if [ "$switched" != yes ]; then
  echo ${quoteWord(`the proxy does not answer; its log: ${paths.log}`)} >&2
  echo ${quoteWord(`start it, it will take this table: ${quoteWord(command.node)} ${quoteWord(command.script)} ${quoteWord(paths.directory)} &`)} >&2
  exit 1
fi`
}

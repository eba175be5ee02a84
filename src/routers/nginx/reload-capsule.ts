// The shell that switches an nginx without Lua: a file moved into place, tested, and a reload that is waited for.
import { describeWeights } from '../../plan/traffic.ts'
import type { RoutingTable } from '../../plan/traffic.ts'
import { canonicalJson, sha256 } from '../../lib/hash.ts'
import type { Program } from '../../lib/program.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import type { NginxPaths } from './paths.ts'
import { reloadProgram, startProgram, testProgram } from './programs.ts'
import type { NginxSettings } from './settings.ts'

export interface ReloadCapsule {
  name: string
  paths: NginxPaths
  settings: NginxSettings
  pidFile: string
  isOwn: boolean
}

/** @param http What `http { }` is to include. */
export function reloadTrafficStep(capsule: ReloadCapsule, table: RoutingTable, http: string): CapsuleStep {
  const { name } = capsule
  const file = `traffic-${encodeURIComponent(name)}-${sha256(http).slice(0, 8)}`
  return {
    stage: 'traffic',
    title: `${describeWeights(table.weights)} (router ${name})`,
    files: { [`${file}.conf`]: http, [`${file}.json`]: canonicalJson(table) },
    shell: shellText(capsule, file),
  }
}

function shellText({ paths, settings, pidFile, isOwn }: ReloadCapsule, file: string): string {
  const words = ({ file: program, args }: Program): string => [program, ...args].map(quoteWord).join(' ')
  const [http, before, draft] = [paths.http, `${paths.http}.before`, `${paths.http}.new`].map(quoteWord)
  const again = isOwn ? `start it: ${words(startProgram(settings, paths))}` : 'start it'
  return `pid=$(cat ${quoteWord(pidFile)} 2>/dev/null || echo none)
# The workers that serve now: those that end already are left out.
serving() {
  for worker in $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do
    case $({ tr -d '\\000' <"/proc/$worker/cmdline"; } 2>/dev/null) in
    *'shutting down'*) ;;
    *'worker process'*) echo "$worker" ;;
    esac
  done
}
if ! kill -0 "$pid" 2>/dev/null; then
  cp "$HERE"/${quoteWord(`${file}.conf`)} ${draft}
  mv ${draft} ${http}
  echo ${quoteWord(`nginx does not run (or ${pidFile} is not its pid file); it will take this table: ${again}`)} >&2
  exit 1
fi
cp ${http} ${before}
cp "$HERE"/${quoteWord(`${file}.conf`)} ${draft}
mv ${draft} ${http}
if ! said=$(${words(testProgram(settings, paths))} 2>&1); then
  mv ${before} ${http}
  printf '%s\\n' "$said" >&2
  echo 'nginx refuses its configuration; nothing was changed' >&2
  exit 1
fi
old=$(serving)
if ! said=$(${words(reloadProgram(settings, paths))} 2>&1); then
  printf '%s\\n' "$said" >&2
  exit 1
fi
cp "$HERE"/${quoteWord(`${file}.json`)} ${quoteWord(paths.remembered)}
tries=0
while [ "$tries" -lt 100 ]; do
  left=no
  for worker in $(serving); do
    case " $(echo $old) " in *" $worker "*) left=yes ;; esac
  done
  if [ "$left" = no ]; then break; fi
  tries=$((tries + 1))
  sleep 0.1 2>/dev/null || sleep 1
done
rm -f ${before}
if [ "$left" = yes ]; then
  echo 'nginx was told to reload and goes on as before; its error log says why' >&2
  exit 1
fi`
}

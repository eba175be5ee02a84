import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../test/servers/free-port.ts'
import { layService, runningProcesses, SERVER_FILE } from '../service.ts'
import { localUrl, VERSIONS, type OpenTarget, type Place, type TargetScene } from '../scene.ts'

/** As a user may have it: `app.sh start|stop|switch VERSION`, `app.sh current`. */
const SCRIPT = `#!/bin/sh
set -eu
cd "$(dirname "$0")"
alive() { [ -f "$1.pid" ] && read -r state < "/proc/$(cat "$1.pid")/stat" 2>/dev/null && case "$state" in *') Z '*) false ;; esac; }
stop() { if alive "$1"; then kill "$(cat "$1.pid")"; while alive "$1"; do sleep 0.05; done; fi; rm -f "$1.pid"; }
start() {
  alive "$1" && return
  GONOGO_VERSION=$1 PORT=$2 setsid "$NODE" ${SERVER_FILE} > "$1.log" 2>&1 < /dev/null &
  echo $! > "$1.pid"
}
case $1 in
  start) port=$(cat "$2.port"); start "$2" "$port"; echo '{"host":"127.0.0.1","port":'"$port"'}' ;;
  stop) stop "$2" ;;
  switch) for pid in *.pid; do stop "\${pid%.pid}"; done; start "$2" "$(cat port)" ;;
  current) for pid in *.pid; do if alive "\${pid%.pid}"; then echo "\${pid%.pid}"; fi; done ;;
esac
`

const common = { kind: 'command', label: 'command', needs: [], missing: () => null, open }
const QUICK = { health: { intervalMs: 100 }, env: { NODE: process.execPath } }
const app = (...words: string[]): string[] => ['sh', 'app.sh', ...words]

export const command: TargetScene = {
  ...common,
  options: () => ({ prepare: app('start', '{version}'), retire: app('stop', '{version}'), ...QUICK }),
}

export const commandInPlace: TargetScene = {
  ...common,
  options: () => ({ mode: 'in-place', switch: app('switch', '{version}'), current: app('current'), ...QUICK }),
}

async function open(place: Place): Promise<OpenTarget> {
  const { directory, port } = place
  layService(directory)
  writeFileSync(join(directory, 'app.sh'), SCRIPT)
  writeFileSync(join(directory, 'port'), String(port))
  for (const version of VERSIONS) writeFileSync(join(directory, `${version}.port`), String(await freePort()))
  return {
    env: {},
    url: localUrl(place),
    running: (version) => runningProcesses(directory, version),
    parts: [],
    stop: async () => {},
  }
}

// Shell of the capsule: plain POSIX sh over the identity files of `layout.ts`. It needs nothing of gonogo to run, and every step may be
// repeated. Where there is /proc a process is only touched when its start time is the recorded one; elsewhere its id must do.
import { quoteWord } from '../../lib/shell.ts'
import type { Layout } from './layout.ts'

/** Functions the steps use; stands beside rollback.sh. */
export const FUNCTIONS = `# Functions to stop, hold and start again the instances of a version. FILE is a line "PID TICKS".

# ours FILE: that very process runs.
ours() {
  [ -r "$1" ] && read -r pid ticks < "$1" || return 1
  kill -0 "$pid" 2>/dev/null || return 1
  [ "$ticks" != - ] || return 0
  { read -r stat < "/proc/$pid/stat"; } 2>/dev/null || return 1
  set -- \${stat##*) }
  [ "$1" != Z ] && [ "\${20}" = "$ticks" ]
}

# group_runs FILE: the process, or one of its group after it, runs.
group_runs() {
  ours "$1" && return 0
  [ -r "$1" ] && read -r pid ticks < "$1" || return 1
  kill -0 "$pid" 2>/dev/null && [ "$ticks" != - ] && [ "$(state_of "$pid")" != Z ] && return 1
  kill -0 -- "-$pid" 2>/dev/null || return 1
  [ "$ticks" != - ] || return 0
  group=$pid
  for file in /proc/[0-9]*/stat; do
    { read -r stat < "$file"; } 2>/dev/null || continue
    set -- \${stat##*) }
    [ "$3" = "$group" ] && [ "$1" != Z ] && return 0
  done
  return 1
}

state_of() {
  { read -r stat < "/proc/$1/stat"; } 2>/dev/null || { echo Z; return; }
  set -- \${stat##*) }
  echo "$1"
}

# signal_groups SIGNAL FILE...
signal_groups() {
  signal=$1; shift
  for one; do
    if group_runs "$one"; then read -r pid ticks < "$one"; kill -s "$signal" -- "-$pid" 2>/dev/null || :; fi
  done
}

any_group_runs() {
  for one; do if group_runs "$one"; then return 0; fi; done
  return 1
}

# wait_while TENTHS COMMAND...: until COMMAND fails, or the time is over (then 1).
wait_while() {
  left=$1; shift
  while "$@"; do
    [ "$left" -gt 0 ] || return 1
    left=$((left - 1))
    sleep 0.1 2>/dev/null || { sleep 1; left=$((left - 9)); }
  done
}

# end_groups SIGNAL GRACE_TENTHS FILE...
end_groups() {
  first=$1 grace=$2; shift 2
  signal_groups "$first" "$@"
  wait_while "$grace" any_group_runs "$@" && return 0
  signal_groups KILL "$@"
  wait_while 50 any_group_runs "$@" || { echo "still running: $*" >&2; return 1; }
}

# hold_version DIRECTORY: its instances are not started again. Names its maker, so that a dead one's hold can be told.
hold_version() {
  [ -d "$1" ] || return 0
  ticks=-
  { read -r stat < "/proc/$$/stat"; } 2>/dev/null && ticks=$(started_at \${stat##*) })
  printf '%s %s\\n' "$$" "$ticks" > "$1/hold"
  rm -f "$1/ready"
}

started_at() { echo "\${20}"; }

# suspend_versions SIGNAL GRACE_TENTHS DIRECTORY...: held, and no instance of them runs.
suspend_versions() {
  first=$1 grace=$2; shift 2
  count=$#
  for place; do
    hold_version "$place"
    set -- "$@" "$place"/instance-*.pid
  done
  shift "$count"
  end_groups "$first" "$grace" "$@"
}

# retire_version DIRECTORY SIGNAL GRACE_TENTHS: neither supervisor nor instance runs.
retire_version() {
  [ -d "$1" ] || return 0
  hold_version "$1"
  if ours "$1/supervisor.pid"; then
    kill -s TERM "$pid"
    if ! wait_while "$(($3 + 80))" ours "$1/supervisor.pid"; then
      read -r pid ticks < "$1/supervisor.pid"
      kill -s KILL "$pid" 2>/dev/null || :
    fi
  fi
  end_groups "$2" "$3" "$1"/instance-*.pid
  rm -f "$1/supervisor.pid" "$1/state.json" "$1/ready" "$1/hold" "$1/count" "$1"/instance-*.pid
}

# resume_version DIRECTORY START_TENTHS NODE SUPERVISOR: instances are started again, and healthy.
resume_version() {
  [ -d "$1" ] || return 0
  rm -f "$1/hold"
  if ! ours "$1/supervisor.pid"; then
    # Its supervisor died too: a new one, detached from this shell.
    own_session=$(command -v setsid || echo nohup)
    (cd "$1" && exec "$own_session" "$3" --disable-warning=ExperimentalWarning "$4" "$1" >> "$1/supervisor.log" 2>&1 < /dev/null) &
  fi
  wait_while "$2" not_ready "$1" || { echo "not healthy in time: see $1/instance-1.log" >&2; return 1; }
}

not_ready() { [ ! -e "$1/ready" ]; }

# restore_version DIRECTORY START_TENTHS NODE SUPERVISOR: all its instances run again, where some had made way.
restore_version() {
  [ -e "$1/count" ] || return 0
  rm -f "$1/count" "$1/ready"
  resume_version "$@"
}
`

const tenths = (durationMs: number): number => Math.ceil(durationMs / 100)
const call = (...words: (string | number)[]): string => words.map((word) => quoteWord(String(word))).join(' ')

/** One step: the functions, in a subshell so that nothing leaks into the rest of the script, then the calls. */
function step(functionsFile: string, calls: string[]): string {
  return ['(', 'set -eu', `. "$HERE"/${quoteWord(functionsFile)}`, ...calls, ')', ''].join('\n')
}

export interface StopRule {
  signal: string
  graceMs: number
}

/** Nothing of this version runs any more. */
export function retireShell(functionsFile: string, layout: Layout, stop: StopRule): string {
  return step(functionsFile, [call('retire_version', layout.directory, stop.signal, tenths(stop.graceMs))])
}

/** No instance of these versions runs, nor is started, until they are resumed. */
export function suspendShell(functionsFile: string, layouts: Layout[], stop: StopRule): string {
  const directories = layouts.map(({ directory }) => directory)
  return step(functionsFile, [call('suspend_versions', stop.signal, tenths(stop.graceMs), ...directories)])
}

/** All instances of the version run and are healthy, also those that had made way for new ones. */
export function restoreShell(
  functionsFile: string,
  layout: Layout,
  startTimeoutMs: number,
  supervisor: string,
): string {
  const words = [layout.directory, tenths(startTimeoutMs), process.execPath, supervisor]
  return step(functionsFile, [call('restore_version', ...words)])
}

/** The version's instances run again and are healthy. */
export function resumeShell(functionsFile: string, layout: Layout, startTimeoutMs: number, supervisor: string): string {
  const words = [layout.directory, tenths(startTimeoutMs), process.execPath, supervisor]
  return step(functionsFile, [call('resume_version', ...words)])
}

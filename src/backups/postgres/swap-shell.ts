// The shell that swaps a staged database in when nothing of gonogo runs: psql alone, one transaction, may be run again.
import { forLibpq, withDatabase } from '../../databases/postgres/place.ts'
import { quoted } from '../../databases/postgres/session.ts'
import { quoteWord } from '../../lib/shell.ts'
import { literal } from './dress.ts'
import { DISCONNECT } from './swap.ts'

/**
 * POSIX sh. It disconnects whoever is connected while one transaction renames; killed in the middle nothing has changed, run after it
 * was done it does nothing. The replaced database is kept. The password comes from a file only the user can read.
 */
export function swapShell(given: {
  /** URL of the server; no password gets into the text. */
  url: string
  maintenance: string
  /** `PGPASSFILE`, or null where none is needed. */
  passwordFile: string | null
  /** Directory psql was found in. */
  bin: string
  live: string
  staged: string
  kept: string
}): string {
  const { live, staged, kept } = given
  const { dbname } = forLibpq(withDatabase(given.url, given.maintenance))
  const there = (name: string): string => quoteWord(`SELECT 1 FROM pg_database WHERE datname = ${literal(name)}`)
  const renameLive = quoteWord(`ALTER DATABASE ${quoted(live)} RENAME TO ${quoted(kept)}`)
  const renameStaged = quoteWord(`ALTER DATABASE ${quoted(staged)} RENAME TO ${quoted(live)}`)
  return `(
${given.passwordFile === null ? '' : `PGPASSFILE=${quoteWord(given.passwordFile)}; export PGPASSFILE\n`}PGCONNECT_TIMEOUT=10; PGAPPNAME=gonogo; export PGCONNECT_TIMEOUT PGAPPNAME
psql=${quoteWord(`${given.bin}/psql`)}
[ -x "$psql" ] || psql=psql
server=${quoteWord(dbname)}

refuse() { echo "$*; nothing was changed" >&2; exit 1; }
ask() { "$psql" -X -q -A -t -w -v ON_ERROR_STOP=1 -d "$server" "$@" </dev/null; }

staged=$(ask -c ${there(staged)}) || refuse "cannot ask the server"
live=$(ask -c ${there(live)}) || refuse "cannot ask the server"
kept=$(ask -c ${there(kept)}) || refuse "cannot ask the server"
if [ -z "$staged" ]; then
  [ -n "$kept" ] && [ -n "$live" ] || refuse "the staged database "${quoteWord(staged)}" is gone"
  echo "the backup is in place already"
  exit 0
fi
if [ -z "$live" ]; then
  ask -c ${renameStaged} || refuse "cannot rename the staged database"
  echo "the backup is in place; there was no database"
  exit 0
fi
# Who connects anew waits for the rename; who is connected has to go.
(
  rounds=0
  while [ "$rounds" -lt 100 ]; do
    ask -c ${quoteWord(DISCONNECT.replace('$1', literal(live)))} >/dev/null || :
    rounds=$((rounds + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
) &
disconnecting=$!
renamed=0
ask -1 -c ${renameLive} -c ${renameStaged} || renamed=$?
kill "$disconnecting" 2>/dev/null || :
wait "$disconnecting" 2>/dev/null || :
[ "$renamed" -eq 0 ] || refuse "cannot rename the databases"
echo "the backup is in place; the replaced database is "${quoteWord(kept)}
)
`
}

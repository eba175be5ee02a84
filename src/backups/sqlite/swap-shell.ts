// The shell that swaps a staged copy in when nothing of gonogo runs. Order as in `replace.ts`; every line may be run again.
import { basename, dirname } from 'node:path'
import { quoteWord } from '../../lib/shell.ts'
import type { BackupManifest } from '../backup.ts'
import type { Dress } from './places.ts'

/**
 * POSIX sh. It waits up to 10 s for the last process that has the database open, and refuses while there is one (where /proc
 * tells). Killed in the middle, it is simply run again; run after it was done, it does nothing. The replaced database is kept.
 */
export function swapShell(swap: {
  live: string
  staged: string
  kept: string
  manifest: Pick<BackupManifest, 'file' | 'bytes'>
  dress: Dress
}): string {
  const { mode, uid, gid } = swap.dress
  return `(
db=${quoteWord(swap.live)}
staged=${quoteWord(swap.staged)}
backup=${quoteWord(swap.manifest.file)}
kept=${quoteWord(swap.kept)}
bytes=${swap.manifest.bytes}

opened_by() {
  for handle in /proc/[0-9]*/fd/*; do
    if [ "$handle" -ef "$db" ]; then handle=\${handle#/proc/}; echo "\${handle%%/*}"; return; fi
  done
}
refuse() { echo "$*; nothing was changed" >&2; exit 1; }

# Done before: the old database is kept, and another one is in its place.
if [ ! -e "$staged" ] && [ -e "$kept" ] && [ -e "$db" ] && [ ! "$kept" -ef "$db" ]; then
  echo "the backup is in place already"
  exit 0
fi
waited=0
while [ -e "$db" ] && pid=$(opened_by) && [ -n "$pid" ]; do
  [ "$waited" -lt 100 ] || refuse "$db is open in process $pid: stop it and run this again"
  waited=$((waited + 1))
  sleep 0.1 2>/dev/null || sleep 1
done
if [ ! -e "$staged" ]; then
  [ -e "$backup" ] || refuse "neither $staged nor $backup exists"
  cp "$backup" "$staged.part" || refuse "cannot copy $backup"
  chmod ${mode.toString(8)} "$staged.part"
  chown ${uid}:${gid} "$staged.part" || refuse "cannot give $staged.part the owner of $db"
  mv -f "$staged.part" "$staged"
fi
found=$(wc -c < "$staged")
[ "$found" -eq "$bytes" ] || refuse "$staged has $((found)) bytes, not $bytes"

if [ ! -e "$kept" ]; then
  # An empty file says that there was no database.
  if [ -e "$db" ]; then ln "$db" "$kept" || refuse "cannot keep $db"; else : > "$kept"; fi
fi
# A log or journal of the old file must never meet the new one.
for ending in -wal -journal; do
  if [ -e "$db$ending" ]; then mv -f "$db$ending" "$kept$ending" || exit 1; fi
done
rm -f "$db-shm"
mv -f "$staged" "$db" || exit 1
sync ${quoteWord(dirname(swap.live))} 2>/dev/null || sync
echo "the backup is in place; the replaced database is "${quoteWord(basename(swap.kept))}
)
`
}

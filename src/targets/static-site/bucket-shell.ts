// The way back of a bucket without gonogo: curl signs requests by itself, with credentials from the environment only.
import { quoteWord } from '../../lib/shell.ts'
import { encodedKey, type BucketLayout } from './bucket-layout.ts'
import type { BucketOptions } from './options.ts'
import type { Pointer, BucketManifest } from './publish.ts'

/**
 * What a capsule copies, in this order, a line a file: where from and where to, with a tab between. Files whose names change with their
 * content are not among it: they still stand where they stood.
 */
export function publicationList(layout: BucketLayout, manifest: BucketManifest): string {
  return (['other', 'entry-point'] as const)
    .flatMap((sort) => manifest.files.filter((file) => file.sort === sort))
    .map(({ path }) => {
      const from = encodedKey(`${layout.bucket}/${layout.file(manifest, path)}`)
      return `${from}\t${encodedKey(layout.live(path))}\n`
    })
    .join('')
}

/** What a curl without signatures, and a shell without credentials, is told; and what signs a request. */
export const CURL_AWS = `command -v curl > /dev/null 2>&1 || { printf '%s\\n' 'curl is not installed: install curl 7.87 or newer' >&2; exit 1; }
curl --help all 2>/dev/null | grep -q -e --aws-sigv4 || { printf '%s\\n' 'this curl cannot sign requests: install curl 7.87 or newer' >&2; exit 1; }
[ -n "\${AWS_ACCESS_KEY_ID-}" ] && [ -n "\${AWS_SECRET_ACCESS_KEY-}" ] || { printf '%s\\n' 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN where there is one), and run this again' >&2; exit 1; }
signed() {
  printf 'user = "%s:%s"\\naws-sigv4 = "aws:amz:%s"\\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$1"
  [ -z "\${AWS_SESSION_TOKEN-}" ] || printf 'header = "x-amz-security-token: %s"\\n' "$AWS_SESSION_TOKEN"
  printf 'silent\\nshow-error\\nfail\\nconnect-timeout = 10\\nmax-time = 60\\nretry = 2\\n'
}`

/** Sequential over one connection, so that pages come last; curl reads what to do from its standard input: no key is seen by \`ps\`. */
export function bucketShell(given: BucketOptions, layout: BucketLayout, version: string): string {
  const site = quoteWord(addressOf(given))
  const scope = quoteWord(`${given.region}:s3`)
  const pointer: Pointer = { version, from: null, complete: true, exact: false }
  const list = encodedKey(layout.list(version))
  return `${CURL_AWS}
site=${site}
lines=$({ signed ${scope}; printf 'url = "%s/%s"\\n' "$site" ${quoteWord(list)}; } | curl --config -) || {
  printf '%s\\n' ${quoteWord(`cannot read ${layout.list(version)} of bucket ${given.name}: are the credentials right, is the version there?`)} >&2
  exit 1
}
said=$(printf '%s\\n' "$lines" | {
  between=
  while IFS='	' read -r from to; do
    [ -n "$to" ] || continue
    [ -z "$between" ] || printf 'next\\n'
    between=yes
    signed ${scope}
    printf 'request = "PUT"\\nheader = "x-amz-copy-source: %s"\\nurl = "%s/%s"\\n' "$from" "$site" "$to"
  done
} | curl --fail-early --config -)
case $said in *'<Error>'*) printf '%s\\n' "$said" >&2; exit 1 ;; esac
{ signed ${scope}; printf 'request = "PUT"\\nheader = "content-type: text/plain; charset=utf-8"\\nheader = "cache-control: no-store"\\ndata-binary = "%s"\\nurl = "%s/%s"\\n' ${quoteWord(JSON.stringify(pointer).replaceAll('\\', '\\\\').replaceAll('"', '\\"'))} "$site" ${quoteWord(encodedKey(layout.pointer))}; } | curl --config - > /dev/null`
}

/** Address that keys stand behind. */
function addressOf({ endpoint, name, region, pathStyle }: BucketOptions): string {
  const base = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`)
  const inPath = pathStyle ?? (endpoint !== undefined || name.includes('.'))
  const host = inPath ? base.host : `${name}.${base.host}`
  const path = base.pathname.replace(/\/$/, '')
  return `${base.protocol}//${host}${path}${inPath ? `/${name}` : ''}`
}

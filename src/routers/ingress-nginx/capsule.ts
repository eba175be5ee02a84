// Traffic of an Ingress back to one Service without gonogo: kubectl's template writes the patch, the canary is removed.
import { quoteWord } from '../../lib/shell.ts'
import { kubeLine } from '../kubernetes/cluster-router.ts'
import { canaryAnnotations, INGRESS_KIND, removeCanary } from './ingress.ts'

export interface IngressShell {
  ingress: string
  canary: string
  /** Service of the stable version: where the main Ingress leads to. */
  stable: string
  /** Services of the release: paths that lead elsewhere are left alone. */
  services: readonly string[]
  /** Share of the canary; 0 removes it. */
  percent: number
}

/** Lines that use `kube` and `fail`. */
export function ingressShell({ ingress, canary, stable, services, percent }: IngressShell): string {
  const ours = services.map((service) => `(eq $p.backend.service.name "${service}")`).join(' ')
  const operation = `,{"op":"replace","path":"/spec/rules/{{$i}}/http/paths/{{$j}}/backend/service/name","value":"${stable}"}`
  const each = (inner: string): string =>
    `{{range $i, $r := .spec.rules}}{{if $r.http}}{{range $j, $p := $r.http.paths}}{{if $p.backend.service}}{{if or ${ours} false}}${inner}{{end}}{{end}}{{end}}{{end}}{{end}}`
  const patch = `[{"op":"test","path":"/metadata/generation","value":{{.metadata.generation}}}${each(operation)}]`
  const names = each('{{$p.backend.service.name}} ')
  const get = ['get', INGRESS_KIND, ingress]
  return `tries=0
while :; do
  patch=$(${kubeLine([...get, `--output=go-template=${patch}`])})
  if said=$(${kubeLine(['patch', INGRESS_KIND, ingress, '--type=json'])} "--patch=$patch" 2>&1); then break; fi
  tries=$((tries + 1))
  [ "$tries" -lt 5 ] || fail "$said"
  sleep 1
done
${canaryLines(canary, percent)}
for name in $(${kubeLine([...get, `--output=go-template=${names}`])}); do
  [ "$name" = ${quoteWord(stable)} ] || fail ${quoteWord(`Ingress ${ingress} was changed back: somebody else sets it`)}
done`
}

function canaryLines(canary: string, percent: number): string {
  if (percent === 0) return `said=$(${kubeLine(removeCanary(canary))} 2>&1) || fail "$said"`
  const notes = Object.entries(canaryAnnotations(percent, null)).map(([name, value]) => `${name}=${value}`)
  return `${kubeLine(['annotate', INGRESS_KIND, canary, '--overwrite', ...notes])} >/dev/null`
}

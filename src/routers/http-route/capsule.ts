// The weights of an HTTPRoute without gonogo: kubectl finds the rule, a patch that is refused when the route changed in between.
import { quoteWord } from '../../lib/shell.ts'
import { kubeLine } from '../kubernetes/cluster-router.ts'
import { ROUTE_KIND } from './route.ts'

export interface RouteShell {
  route: string
  rule: string | number
  /** Weight and port of each Service; port 0: that of the backend that is there. */
  refs: readonly { name: string; port: number; weight: number }[]
}

/** Seconds that it waits for the gateways. */
const TRIES = 30

/** Lines that use `kube` and `fail`. */
export function routeShell({ route, rule, refs }: RouteShell): string {
  const template = `{{range $i, $rule := .spec.rules}}${chosen(rule)}{{$.metadata.generation}} {{$i}} {{if $rule.backendRefs}}{{with (index $rule.backendRefs 0)}}{{if .port}}{{.port}}{{end}}{{end}}{{end}}{{"\\n"}}{{end}}{{end}}`
  const get = ['get', ROUTE_KIND, route]
  const list = refs
    .map(({ name, port, weight }) => `{"name":"${name}","port":${port > 0 ? port : '${3:-80}'},"weight":${weight}}`)
    .join(',')
  const wanted = refs.map(({ name, weight }) => `${name}=${weight} `).join('')
  const now = `{{with (index .spec.rules $2)}}{{range .backendRefs}}{{.name}}={{.weight}} {{end}}{{end}}`
  const seen =
    '{.metadata.generation}{"\\n"}{.status.parents[*].conditions[?(@.type=="ResolvedRefs")].observedGeneration}'
  return `tries=0
while :; do
  found=$(${kubeLine([...get, `--output=go-template=${template}`])})
  [ -n "$found" ] || fail ${quoteWord(`HTTPRoute ${route} has no rule ${rule}`)}
  set -- $found
  refs=$(cat <<GONOGO_REFS
[{"op":"test","path":"/metadata/generation","value":$1},{"op":"add","path":"/spec/rules/$2/backendRefs","value":[${list}]}]
GONOGO_REFS
)
  if said=$(${kubeLine(['patch', ROUTE_KIND, route, '--type=json'])} "--patch=$refs" 2>&1); then break; fi
  tries=$((tries + 1))
  [ "$tries" -lt 5 ] || fail "$said"
  sleep 1
done
now=$(${kubeLine(get)} "--output=go-template=${now}")
[ "$now" = ${quoteWord(wanted)} ] || fail ${quoteWord(`HTTPRoute ${route} was changed back: somebody else sets it`)}
tries=0
while :; do
  set -- $(${kubeLine([...get, `--output=jsonpath=${seen}`])})
  generation=$1
  shift
  missing=$#
  [ "$missing" -gt 0 ] || missing=-1
  for observed; do [ "$observed" -lt "$generation" ] || missing=$((missing - 1)); done
  [ "$missing" -ne 0 ] || break
  tries=$((tries + 1))
  [ "$tries" -lt ${TRIES} ] || fail ${quoteWord(`HTTPRoute ${route} is set, but its gateway has not taken it over`)}
  sleep 1
done`
}

function chosen(rule: string | number): string {
  return typeof rule === 'number' ? `{{if eq $i ${rule}}}` : `{{if eq (print $rule.name) "${rule}"}}`
}

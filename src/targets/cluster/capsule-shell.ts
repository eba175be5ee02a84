// Shell of a capsule that stops and starts workloads of Kubernetes with kubectl alone: found by their marks at the time it runs.
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'

/** Annotation: so many pods it has at full strength. */
export const FULL_STRENGTH_NOTE = 'gonogo.dev/replicas'
/** Annotation: `true` where it was scaled to 0 because it is not wanted any more. */
export const RETIRED_NOTE = 'gonogo.dev/retired'
const RELEASE_NOTE = 'meta.helm.sh/release-name'

/** Which workloads: by labels, by the helm releases they belong to, or the one of that kind and name (`deployment/web`). */
export type Chosen = { selector: string } | { releases: readonly string[] } | { workload: string }

/** Function `list`: a line `KIND/NAME|PODS|FULL STRENGTH|SELECTOR,` for each. Wants the function `kube`. */
function listFunction(chosen: Chosen): string {
  const note = (name: string, variable: string): string => `{{with index . "${name}"}}{{$${variable} = .}}{{end}}`
  const line = `{{.kind}}/{{.metadata.name}}|{{.spec.replicas}}|{{$full}}|{{range $key, $value := .spec.selector.matchLabels}}{{$key}}={{$value}},{{end}}{{"\\n"}}`
  const isChosen = 'releases' in chosen ? chosen.releases.map((release) => `(eq $release "${release}")`) : []
  const wanted = isChosen.length > 0 ? `{{if or false ${isChosen.join(' ')}}}${line}{{end}}` : line
  const notes = `{{with .metadata.annotations}}${note(FULL_STRENGTH_NOTE, 'full')}${note(RELEASE_NOTE, 'release')}{{end}}`
  const template = `{{range .items}}{{$full := ""}}{{$release := ""}}${notes}${wanted}{{end}}`
  const [kind = '', name = ''] = 'workload' in chosen ? chosen.workload.split('/') : []
  const kinds = 'workload' in chosen ? `${kind}s.apps` : 'deployments.apps,statefulsets.apps'
  const labels = 'selector' in chosen ? [`--selector=${chosen.selector}`] : []
  const fields = 'workload' in chosen ? [`--field-selector=metadata.name=${name}`] : []
  const args = ['get', kinds, ...labels, ...fields, `--output=go-template=${template}`]
  return `list() { kube ${args.map(quoteWord).join(' ')}; }`
}

/** Runs these lines for each of them, with `name`, `pods`, `full` and `selector` set. */
function each(lines: readonly string[]): string[] {
  return [
    "while IFS='|' read -r name pods full selector; do",
    '  [ -n "$name" ] || continue',
    ...lines.map((line) => `  ${line}`),
    'done <<END_OF_LIST',
    '$listed',
    'END_OF_LIST',
  ]
}

const patch = (text: string): string =>
  `kube patch "$name" --type=merge --patch=${text} --field-manager=gonogo </dev/null >/dev/null`

/**
 * No pod of them is left.
 * @param mark what is written on them: that they are retired; or how many pods they had, where nothing else tells it.
 */
export function stopShell(
  kube: string,
  chosen: Chosen,
  mark: 'retired' | 'strength' | null,
  timeoutMs: number,
): string {
  const notes = { retired: `"${RETIRED_NOTE}":"true"`, strength: `"${FULL_STRENGTH_NOTE}":"PODS"` }
  const marked = mark === null ? '' : `"metadata":{"annotations":{${notes[mark]}}},`
  const text = quoteWord(`{${marked}"spec":{"replicas":0}}`).replace('PODS', `'"$full"'`)
  return [
    kube,
    listFunction(chosen),
    'listed=$(list)',
    ...each(['[ "${pods:-0}" -eq 0 ] || full=$pods', patch(text)]),
    `left=${Math.ceil(timeoutMs / 1000)}`,
    ...each([
      'while :; do',
      '  found=$(kube get pods --selector="${selector%,}" --output=name </dev/null)',
      '  [ -n "$found" ] || break',
      '  [ "$left" -gt 0 ] || { echo "pods of $name still run: "$found >&2; exit 1; }',
      '  left=$((left - 1))',
      '  sleep 1',
      'done',
    ]),
  ].join('\n')
}

/** Each of them has its full strength, all available. @param what for the message where there is none: `v1 of web`. */
export function startShell(kube: string, chosen: Chosen, what: string, timeoutMs: number): string {
  const retired = `"metadata":{"annotations":{"${RETIRED_NOTE}":"false"}}`
  const text = quoteWord(`{${retired},"spec":{"replicas":PODS}}`).replace('PODS', `'"$full"'`)
  const status = `kube rollout status "$name" --timeout=${Math.ceil(timeoutMs / 1000)}s </dev/null >/dev/null`
  return [
    kube,
    listFunction(chosen),
    'listed=$(list)',
    `[ -n "$listed" ] || { echo ${quoteWord(`nothing is left of ${what} that could be started`)} >&2; exit 1; }`,
    ...each([`if [ "\${pods:-0}" -lt "\${full:-1}" ]; then full=\${full:-1}; ${patch(text)}; fi`]),
    ...each([status]),
  ].join('\n')
}

/** In place: the switch took the pods of the other version away. @param target name of the target. */
export function nothingToRetire(target: string): CapsuleStep {
  return { stage: 'processes', title: `${target} has no pods to stop beside those that serve`, shell: ':', files: {} }
}

// The way back for the target `kubernetes`, in shell: kubectl only.
import { labelValue, dnsName, VERSION_LABEL } from '../../lib/kubernetes/names.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { nothingToRetire, startShell, stopShell } from '../cluster/capsule-shell.ts'
import type { TargetCapsule } from '../target.ts'
import { TARGET_LABEL, versionSelector } from './objects.ts'
import type { KubernetesOptions } from './options.ts'
import { imageOf, revisionsArgs, workloadWords } from './revisions.ts'

/** @param kube shell that defines the function `kube`. @param target name of the target. */
export function besideCapsule(
  kube: string,
  options: KubernetesOptions,
  target: string,
  { stable, candidate }: { stable: string; candidate: string },
): TargetCapsule {
  const { stopTimeoutMs, readyTimeoutMs } = options
  const both = `${TARGET_LABEL}=${dnsName(target)},${VERSION_LABEL} in (${labelValue(stable)},${labelValue(candidate)})`
  const start = startShell(
    kube,
    { selector: versionSelector(target, stable) },
    `${stable} of ${target}`,
    readyTimeoutMs,
  )
  return {
    restore: { stage: 'traffic', title: `${stable} of ${target} back to full strength`, shell: start, files: {} },
    retire: {
      stage: 'processes',
      title: `stop ${candidate} of ${target}`,
      shell: stopShell(kube, { selector: versionSelector(target, candidate) }, 'retired', stopTimeoutMs),
      files: {},
    },
    suspend: {
      stage: 'data',
      title: `stop ${target} while its data is swapped`,
      shell: stopShell(kube, { selector: both }, null, stopTimeoutMs),
      files: {},
    },
    resume: { stage: 'data', title: `start ${stable} of ${target} again`, shell: start, files: {} },
  }
}

/** In place: to the newest revision that ran the version; where none is kept any more, to its image. */
export function switchStep(kube: string, options: KubernetesOptions, target: string, version: string): CapsuleStep {
  const { workload = '', container, readyTimeoutMs } = options
  const { kind, name } = workloadWords(options)
  const image = imageOf(options, version)
  const resource = quoteWord(workload)
  const first = `"$(kube get ${resource} '--output=jsonpath={.spec.template.spec.containers[0].name}')"`
  const chosen = container === undefined ? first : quoteWord(container)
  const isOfVersion = `[ "$noted" = ${quoteWord(version)} ]`
  const isOfImage = image === null ? 'false' : `{ [ -z "$noted" ] && [ "$image" = ${quoteWord(image)} ]; }`
  const otherwise =
    image === null
      ? `echo ${quoteWord(`no revision of ${workload} is left that ran ${version}`)} >&2; exit 1`
      : `kube set image ${resource} ${chosen}=${quoteWord(image)} >/dev/null`
  const shell = [
    kube,
    `revisions=$(kube ${revisionsArgs(options).map(quoteWord).join(' ')})`,
    'newest=0',
    "while IFS='|' read -r revision owner image noted; do",
    `  [ "$owner" = ${quoteWord(`${kind}/${name}`)} ] || continue`,
    `  if ${isOfVersion} || ${isOfImage}; then`,
    '    [ "$revision" -le "$newest" ] || newest=$revision',
    '  fi',
    'done <<END_OF_LIST',
    '$revisions',
    'END_OF_LIST',
    // A paused rollout cannot be undone.
    `paused=$(kube get ${resource} '--output=jsonpath={.spec.paused}')`,
    `[ "$paused" != true ] || kube rollout resume ${resource} >/dev/null`,
    'if [ "$newest" -gt 0 ]; then',
    `  kube rollout undo ${resource} --to-revision="$newest" >/dev/null`,
    'else',
    `  ${otherwise}`,
    'fi',
    `kube rollout status ${resource} --timeout=${Math.ceil(readyTimeoutMs / 1000)}s >/dev/null`,
  ].join('\n')
  return { stage: 'traffic', title: `${target} back to ${version}`, shell, files: {} }
}

/** In place: around a data swap the workload is stopped. */
export function inPlaceCapsule(
  kube: string,
  { workload = '', stopTimeoutMs, readyTimeoutMs }: KubernetesOptions,
  target: string,
): TargetCapsule {
  const stop = stopShell(kube, { workload }, 'strength', stopTimeoutMs)
  const start = startShell(kube, { workload }, target, readyTimeoutMs)
  return {
    restore: null,
    retire: nothingToRetire(target),
    suspend: { stage: 'data', title: `stop ${target} while its data is swapped`, shell: stop, files: {} },
    resume: { stage: 'data', title: `start ${target} again`, shell: start, files: {} },
  }
}

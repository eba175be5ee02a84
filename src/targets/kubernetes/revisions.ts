// Revisions of a workload that is updated in place: which one ran a version, found by what its pods say of themselves.
import type { Workload } from '../../lib/kubernetes/workload.ts'
import { filledIn } from './manifest.ts'
import { VERSION_NOTE } from './objects.ts'
import type { KubernetesOptions } from './options.ts'

/** Kind as the API calls it, and name, of `deployment/web`. */
export function workloadWords({ workload = '' }: KubernetesOptions): {
  kind: 'Deployment' | 'StatefulSet'
  name: string
} {
  const [kind, name = ''] = workload.split('/')
  return { kind: kind === 'statefulset' ? 'StatefulSet' : 'Deployment', name }
}

export function imageOf({ image }: KubernetesOptions, version: string): string | null {
  return image === undefined ? null : filledIn(image, { version })
}

/** The version of a pod template: written on it, unless its image was changed since; else as its image tells. */
export function templateVersion(options: KubernetesOptions, template: Workload['spec']['template']): string | null {
  const noted = template.metadata?.annotations?.[VERSION_NOTE] ?? null
  const { image: pattern, container } = options
  const { containers } = template.spec
  const image = (containers.find(({ name }) => name === container) ?? containers[0])?.image ?? ''
  if (pattern === undefined || (noted !== null && filledIn(pattern, { version: noted }) === image)) return noted
  const [before = '', ...rest] = pattern.split('{version}')
  const after = rest.at(-1) ?? ''
  if (rest.length === 0 || !image.startsWith(before)) return null
  const version = image.slice(before.length, image.length - after.length)
  return version !== '' && filledIn(pattern, { version }) === image ? version : null
}

/** Lines `REVISION|KIND/NAME of its owner|IMAGE|VERSION`, of every workload of that kind in the namespace. */
export function revisionsArgs(options: KubernetesOptions): string[] {
  const { kind } = workloadWords(options)
  const isDeployment = kind === 'Deployment'
  const revision = isDeployment ? String.raw`.metadata.annotations.deployment\.kubernetes\.io/revision` : '.revision'
  const template = isDeployment ? '.spec.template' : '.data.spec.template'
  const container = options.container === undefined ? '[0]' : `[?(@.name=="${options.container}")]`
  const fields = [
    `{${revision}}`,
    '{.metadata.ownerReferences[*].kind}/{.metadata.ownerReferences[*].name}',
    `{${template}.spec.containers${container}.image}`,
    `{${template}.metadata.annotations.${VERSION_NOTE.replaceAll('.', String.raw`\.`)}}`,
  ]
  const path = `{range .items[*]}${fields.join('|')}{"\\n"}{end}`
  return ['get', isDeployment ? 'replicasets.apps' : 'controllerrevisions.apps', `--output=jsonpath=${path}`]
}

/** The newest revision of these lines that ran the version, or null. */
export function revisionOf(options: KubernetesOptions, lines: string, version: string): number | null {
  const { kind, name } = workloadWords(options)
  const numbers = lines.split('\n').flatMap((line) => {
    const [revision, owner, image, ...noted] = line.split('|')
    if (owner !== `${kind}/${name}`) return []
    const said = noted.join('|')
    return said === version || (said === '' && image === imageOf(options, version)) ? [Number(revision)] : []
  })
  return numbers.length > 0 ? Math.max(...numbers) : null
}

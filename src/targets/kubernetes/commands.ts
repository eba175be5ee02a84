// kubectl's arguments for the target `kubernetes`: shown by a dry-run, run by the target.
import { RETIRED_NOTE } from '../cluster/capsule-shell.ts'
import { filledIn, type KubeObject } from './manifest.ts'
import { listText, VERSION_NOTE, identityOf } from './objects.ts'
import type { KubernetesOptions } from './options.ts'
import { workloadWords } from './revisions.ts'

/** Arguments of kubectl and what it reads from standard input. */
export interface Command {
  args: string[]
  input?: string
}

/** In place: the version of before the last switch. */
export const PREVIOUS_NOTE = 'gonogo.dev/previous-version'

const MANAGER = '--field-manager=gonogo'

/** Creates or changes these objects; `isTried`: the server only says whether it would. */
export function applyCommand(objects: readonly KubeObject[], isTried = false): Command {
  const tried = isTried ? ['--dry-run=server'] : []
  return {
    args: ['apply', '--server-side', '--force-conflicts', MANAGER, ...tried, '--filename=-', '--output=name'],
    input: listText(objects),
  }
}

/** Which of these objects there are. */
export function lookCommand(objects: readonly KubeObject[]): Command {
  const input = listText(objects.map(identityOf))
  return { args: ['get', '--filename=-', '--output=json', '--ignore-not-found'], input }
}

/** With the pods of a workload, before the workload itself is gone. */
export function deleteCommand(objects: readonly KubeObject[]): Command {
  const input = listText(objects.map(identityOf))
  return { args: ['delete', '--filename=-', '--ignore-not-found', '--wait=false', '--output=name'], input }
}

/** @param resource `deployment/web-v2`. @param isRetired marks why; null leaves the mark. */
export function scaleCommand(resource: string, replicas: number, isRetired: boolean | null): Command {
  const marked = isRetired === null ? {} : { metadata: { annotations: { [RETIRED_NOTE]: String(isRetired) } } }
  const patch = JSON.stringify({ ...marked, spec: { replicas } })
  return { args: ['patch', resource, '--type=merge', `--patch=${patch}`, MANAGER, '--output=name'] }
}

/**
 * In place: image and environment of a version, and the version itself written on its pods, in one revision.
 * @param before the version it takes the place of. @param isTried the server only says whether it would.
 */
export function updateCommand(
  options: KubernetesOptions,
  container: string,
  version: string,
  before: string | null,
  isTried = false,
): Command {
  const { image, env } = options
  const { kind, name } = workloadWords(options)
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value: filledIn(value, { version }) }))
  const changed = {
    name: container,
    ...(image === undefined ? {} : { image: filledIn(image, { version }) }),
    ...(variables.length > 0 ? { env: variables } : {}),
  }
  const annotations = { [VERSION_NOTE]: version }
  const object = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, ...(before === null ? {} : { annotations: { [PREVIOUS_NOTE]: before } }) },
    spec: { template: { metadata: { annotations }, spec: { containers: [changed] } } },
  }
  // Through standard input: values of the environment show in no list of processes.
  const { args, input = '' } = applyCommand([object], isTried)
  // Only what changes is told: kubectl would miss the rest. The server judges the whole.
  return { args: [...args, '--validate=false'], input }
}

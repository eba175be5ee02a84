// helm's argument vectors for the target `helm`: shown by a dry-run, run by the target, quoted in the capsule.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { dnsName } from '../../lib/kubernetes/names.ts'
import type { Program } from '../../lib/program.ts'
import type { HelmOptions } from './options.ts'

export const HELM_INSTALL = 'helm 3.13 or later (https://helm.sh/docs/intro/install)'
const RELEASE_CHARS_MAX = 53
/** Beginning of the description of a revision that gonogo made; the version follows. */
export const DESCRIPTION = 'gonogo version '

export interface Place {
  options: HelmOptions
  /** Of gonogo.yaml. */
  directory: string
}

/** Name of the release of a version. */
export function releaseOf({ release }: HelmOptions, version: string, slot: string | null): string {
  const room = Math.max(10, RELEASE_CHARS_MAX - release.replace('{version}', '').length)
  return release.replace('{version}', dnsName(version, room)).replace('{slot}', slot ?? '')
}

/** `helm ARGS` against the cluster of the options. @param input standard input. */
export function helmProgram({ options, directory }: Place, args: readonly string[], input?: string): Program {
  const { kubeconfig, context, namespace } = options
  const where = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${resolve(directory, kubeconfig)}`]),
    ...(context === undefined ? [] : [`--kube-context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ]
  return { file: 'helm', args: [...args, ...where], ...(input === undefined ? {} : { input }) }
}

const seconds = (durationMs: number): string => `--timeout=${Math.ceil(durationMs / 1000)}s`

export interface Upgrade {
  release: string
  version: string
  slot: string | null
}

/**
 * Installs or upgrades the release to the version and waits for its pods. Values go through standard input: typed as they are, and in no
 * list of processes. @param isTried only asks the server whether it would.
 */
export function upgradeProgram(place: Place, { release, version, slot }: Upgrade, isTried = false): Program {
  const { options, directory } = place
  const { chart, chartVersion, valuesFiles, set, timeoutMs, mode } = options
  const fill = (text: string): string => filled(text, { version, release, slot: slot ?? '' })
  const local = resolve(directory, chart)
  const isLocal = chart.startsWith('.') || existsSync(local)
  const args = [
    'upgrade',
    release,
    isLocal ? local : chart,
    ...(mode === 'beside' ? ['--install'] : []),
    ...(chartVersion === undefined ? [] : [`--version=${fill(chartVersion)}`]),
    ...valuesFiles.map((file) => `--values=${resolve(directory, fill(file))}`),
    ...(Object.keys(set).length > 0 ? ['--values=-'] : []),
    ...(isTried ? ['--dry-run=server'] : ['--wait']),
    seconds(timeoutMs),
    `--description=${DESCRIPTION}${version}`,
  ]
  const values = Object.entries(set).map(([path, one]): [string, unknown] => [
    path,
    typeof one === 'string' ? fill(one) : one,
  ])
  return helmProgram(place, args, Object.keys(set).length > 0 ? JSON.stringify(nested(values)) : undefined)
}

export function rollbackProgram(place: Place, release: string, revision: number | string): Program {
  return helmProgram(place, ['rollback', release, String(revision), '--wait', seconds(place.options.timeoutMs)])
}

export function uninstallProgram(place: Place, release: string): Program {
  const { stopTimeoutMs } = place.options
  return helmProgram(place, ['uninstall', release, '--wait', seconds(stopTimeoutMs), '--ignore-not-found'])
}

export function filled(text: string, places: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole)
}

/** `[['image.tag', 'v2']]` as the tree that a chart reads. */
function nested(values: readonly [string, unknown][]): Record<string, unknown> {
  const root: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [path, value] of values) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    let branch = root
    for (const key of keys) branch = (branch[key] ??= Object.create(null)) as Record<string, unknown>
    branch[last] = value
  }
  return root
}

// The way back for the target `helm`, in shell: helm and kubectl only.
import { programLine, type Program } from '../../lib/program.ts'
import { chosenVariables, programShell } from '../../lib/program-shell.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { nothingToRetire, startShell, stopShell } from '../cluster/capsule-shell.ts'
import type { TargetCapsule } from '../target.ts'
import {
  DESCRIPTION,
  HELM_INSTALL,
  helmProgram,
  releaseOf,
  rollbackProgram,
  uninstallProgram,
  type Place,
} from './commands.ts'

/** Which storage helm keeps its releases in, and where its own files are. */
const CARRIED = ['HELM_DRIVER', 'HELM_CONFIG_HOME', 'HELM_CACHE_HOME', 'HELM_DATA_HOME']
/** Time for helm itself beside what it waits for. */
const OWN_MS = 15_000

export interface ShellParts {
  place: Place
  /** Shell that defines the function `kube`. */
  kube: string
  env: Readonly<Record<string, string>>
  /** Name of the target. */
  target: string
}

/** Stands for the release at hand in what is built for one; names of releases need no quotes. */
const VARIABLE = 'RELEASE-AT-HAND'

/** Every release that a version may be in: its own, or that of each slot. */
function places({ options }: Place, version: string): string[] {
  return (options.slots ?? [null]).map((slot) => releaseOf(options, version, slot))
}

/** Runs these lines for the release that has the version, as `release`; helm is asked which it is where they are slots. */
function inRelease(place: Place, version: string, lines: readonly string[]): string {
  const program = helmProgram(place, ['history', VARIABLE, '--max=1', '--output=yaml'])
  const history = programLine(program).replaceAll(VARIABLE, '"$release"')
  const isOfVersion = quoteWord(`description: ${DESCRIPTION}${version}`)
  const asked = [
    `said=$(${history} 2>&1) || {`,
    `  case "$said" in *'release: not found'*) continue ;; esac`,
    '  echo "$said" >&2',
    '  exit 1',
    '}',
    `case "$said " in *${isOfVersion}[[:space:]]*) ;; *) continue ;; esac`,
  ]
  const body = place.options.slots ? [...asked, ...lines] : lines
  return [`for release in ${places(place, version).join(' ')}; do`, ...body.map((line) => `  ${line}`), 'done'].join(
    '\n',
  )
}

/** helm as a line of the shell. It comes after that for kubectl, which says which cluster. */
function helmShell({ env, target }: ShellParts, program: Program, limitMs: number): string {
  const options = { system: `target ${target}`, env: chosenVariables(env, CARRIED), install: HELM_INSTALL }
  return programShell(program, { ...options, timeoutMs: limitMs + OWN_MS }).replaceAll(VARIABLE, `'"$release"'`)
}

export function besideCapsule(
  parts: ShellParts,
  { stable, candidate }: { stable: string; candidate: string },
): TargetCapsule {
  const { place, kube, target } = parts
  const { stopTimeoutMs, timeoutMs, slots } = place.options
  const step = (stage: CapsuleStep['stage'], title: string, lines: string[]): CapsuleStep => ({
    stage,
    title,
    shell: [kube, ...lines].join('\n'),
    files: {},
  })
  const both = slots ? places(place, stable) : [...places(place, candidate), ...places(place, stable)]
  const uninstall = helmShell(parts, uninstallProgram(place, VARIABLE), stopTimeoutMs)
  const start = startShell(':', { releases: [VARIABLE] }, `${stable} of ${target}`, timeoutMs)
  return {
    restore: null,
    retire: step('processes', `stop ${candidate} of ${target}`, [inRelease(place, candidate, [uninstall])]),
    suspend: step('data', `stop ${target} while its data is swapped`, [
      stopShell(':', { releases: both }, 'strength', stopTimeoutMs),
    ]),
    resume: step('data', `start ${stable} of ${target} again`, [
      'found=',
      inRelease(place, stable, ['found=$release', start.replaceAll(VARIABLE, `'"$release"'`)]),
      `[ -n "$found" ] || { echo ${quoteWord(`no release of ${target} has ${stable}`)} >&2; exit 1; }`,
    ]),
  }
}

/** In place: around a data swap the pods of the one release are stopped. */
export function inPlaceCapsule({ place, kube, target }: ShellParts): TargetCapsule {
  const { release, stopTimeoutMs, timeoutMs } = place.options
  const of = { releases: [release] }
  return {
    restore: null,
    retire: nothingToRetire(target),
    suspend: {
      stage: 'data',
      title: `stop ${target} while its data is swapped`,
      shell: stopShell(kube, of, 'strength', stopTimeoutMs),
      files: {},
    },
    resume: {
      stage: 'data',
      title: `start ${target} again`,
      shell: startShell(kube, of, target, timeoutMs),
      files: {},
    },
  }
}

/** @param revision that had the version; null where none was ever seen. */
export function switchStep(parts: ShellParts, version: string, revision: number | null): CapsuleStep {
  const { place, kube, target } = parts
  const { release, timeoutMs } = place.options
  const history = programLine(helmProgram(place, ['history', release]))
  const back =
    revision === null
      ? `echo ${quoteWord(`which revision of ${release} is ${version} is not known: choose one of \`${history}\`, then helm rollback`)} >&2; exit 1`
      : helmShell(parts, rollbackProgram(place, release, revision), timeoutMs)
  return {
    stage: 'traffic',
    title: `${target} back to ${version}`,
    shell: [kube, back].join('\n'),
    files: {},
  }
}

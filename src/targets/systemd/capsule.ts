// The capsule's steps: systemctl alone.
import { dirname } from 'node:path'
import { chosenVariables, programShell } from '../../lib/program-shell.ts'
import type { Program } from '../../lib/program.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { healthyShell } from '../healthy-shell.ts'
import type { Place, Places } from '../places.ts'
import { linkShell } from '../release-link.ts'
import type { TargetCapsule } from '../target.ts'
import {
  environmentFiles,
  exchangeProgram,
  INSTALL,
  MANAGER_VARIABLES,
  startProgram,
  stopPrograms,
  unitNames,
  type Parts,
} from './programs.ts'

function line({ settings, context }: Parts, program: Program, mustSucceed = true): string {
  return programShell(program, {
    system: `target ${context.name}`,
    env: chosenVariables(context.env, MANAGER_VARIABLES),
    timeoutMs: settings.commandTimeoutMs,
    install: INSTALL,
    mustSucceed,
  })
}

function stop(parts: Parts, units: readonly string[]): string {
  const [stopping, ...forgetting] = stopPrograms(parts, units)
  return [
    ...(stopping ? [line(parts, stopping)] : []),
    // What was never loaded cannot be forgotten.
    ...forgetting.map((program) => line(parts, program, false)),
  ].join('\n')
}

const bare: Place = { version: '', slot: null, ports: [] }

export function besideCapsule(parts: Parts, places: Places, stable: string, candidate: string): TargetCapsule {
  const { settings, context } = parts
  const { name } = context
  const stopping = (version: string): string =>
    places.shell(version, (place) => stop(parts, unitNames(settings, place)))
  const starting = places.shell(stable, (place) => line(parts, startProgram(parts, unitNames(settings, place))))
  return {
    restore: { stage: 'processes', title: `all units of ${stable} of ${name}`, shell: starting, files: {} },
    retire: { stage: 'processes', title: `stop ${candidate} of ${name}`, shell: stopping(candidate), files: {} },
    suspend: {
      stage: 'data',
      title: `stop ${name} while its data is swapped`,
      shell: `${stopping(candidate)}\n${stopping(stable)}`,
      files: {},
    },
    resume: { stage: 'data', title: `start ${stable} of ${name} again`, shell: starting, files: {} },
  }
}

/** The way back in place: what says the version, then the restart. */
export function restartStep(parts: Parts, version: string): CapsuleStep {
  const { settings, context } = parts
  const files = environmentFiles(parts, { version, slot: null, ports: [] }).map(({ path, content }) => {
    const draft = quoteWord(`${path}.gonogo`)
    return `mkdir -p ${quoteWord(dirname(path))}\n(umask 077; printf '%s' ${quoteWord(content)} > ${draft})\nmv ${draft} ${quoteWord(path)}`
  })
  const link = settings.link ? [linkShell(settings.link, context.directory, version)] : []
  const healthy = healthyShell({ host: '127.0.0.1', port: settings.port }, settings.health, `target ${context.name}`)
  const shell = [...files, ...link, line(parts, exchangeProgram(parts)), healthy].join('\n')
  return { stage: 'traffic', title: `${context.name} back to ${version}`, shell, files: {} }
}

export function inPlaceCapsule(parts: Parts): TargetCapsule {
  const { settings, context } = parts
  const units = unitNames(settings, bare)
  const data = (what: string, shell: string): CapsuleStep => ({
    stage: 'data',
    title: `${what} ${context.name}`,
    shell,
    files: {},
  })
  return {
    restore: null,
    retire: { stage: 'processes', title: `nothing of ${context.name} is left to stop`, shell: ':', files: {} },
    suspend: data('stop', stop(parts, units)),
    resume: data('start', line(parts, startProgram(parts, units))),
  }
}

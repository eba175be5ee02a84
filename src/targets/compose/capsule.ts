// The capsule's steps: docker alone. Stopping and starting needs no compose file, bringing up does.
import { dirname } from 'node:path'
import { chosenVariables, programShell } from '../../lib/program-shell.ts'
import type { Program } from '../../lib/program.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { healthyShell } from '../healthy-shell.ts'
import type { Place, Places } from '../places.ts'
import type { TargetCapsule } from '../target.ts'
import {
  DOCKER_VARIABLES,
  downProgram,
  INSTALL,
  labelFile,
  startProgram,
  stopProgram,
  upProgram,
  type Parts,
} from './programs.ts'

function line({ settings, context }: Parts, program: Program): string {
  return programShell(program, {
    system: `target ${context.name}`,
    env: chosenVariables(context.env, DOCKER_VARIABLES),
    timeoutMs: settings.commandTimeoutMs,
    install: INSTALL,
  })
}

function up(parts: Parts, place: Place): string {
  const { path, content } = labelFile(parts)
  const file = `mkdir -p ${quoteWord(dirname(path))}\nprintf '%s' ${quoteWord(content)} > ${quoteWord(path)}`
  return `${file}\n${line(parts, upProgram(parts, place, parts.settings.instances))}`
}

const bare = (version: string): Place => ({ version, slot: null, ports: [] })

export function besideCapsule(parts: Parts, places: Places, stable: string, candidate: string): TargetCapsule {
  const { name } = parts.context
  const each = (version: string, program: (parts: Parts, place: Place) => Program): string =>
    places.shell(version, (place) => line(parts, program(parts, place)))
  // What was not put there by this target has no port that could be given to it again.
  const hasPlace = places.find(stable) !== null
  return {
    restore: hasPlace
      ? {
          stage: 'processes',
          title: `${parts.settings.instances} containers of ${stable} of ${name}`,
          shell: places.shell(stable, (place) => up(parts, { ...place, ports: places.find(stable)?.ports ?? [] })),
          files: {},
        }
      : null,
    retire: {
      stage: 'processes',
      title: `take ${candidate} of ${name} down`,
      shell: each(candidate, downProgram),
      files: {},
    },
    suspend: {
      stage: 'data',
      title: `stop ${name} while its data is swapped`,
      shell: [candidate, stable].map((version) => each(version, stopProgram)).join('\n'),
      files: {},
    },
    resume: { stage: 'data', title: `start ${stable} of ${name} again`, shell: each(stable, startProgram), files: {} },
  }
}

/** The way back in place. */
export function upStep(parts: Parts, version: string): CapsuleStep {
  const title = `${parts.context.name} back to ${version}`
  const { host, port, health } = parts.settings
  const healthy = healthyShell({ host, port }, health, `target ${parts.context.name}`)
  return { stage: 'traffic', title, shell: `${up(parts, bare(version))}\n${healthy}`, files: {} }
}

export function inPlaceCapsule(parts: Parts, stable: string): TargetCapsule {
  const { name } = parts.context
  const shell = (program: (parts: Parts, place: Place) => Program): string => line(parts, program(parts, bare(stable)))
  return {
    restore: null,
    retire: { stage: 'processes', title: `nothing of ${name} is left to stop`, shell: ':', files: {} },
    suspend: { stage: 'data', title: `stop ${name} while its data is swapped`, shell: shell(stopProgram), files: {} },
    resume: { stage: 'data', title: `start ${name} again`, shell: shell(startProgram), files: {} },
  }
}

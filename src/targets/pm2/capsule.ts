// The capsule's steps: pm2 alone.
import { dirname } from 'node:path'
import { chosenVariables, programShell } from '../../lib/program-shell.ts'
import type { Program } from '../../lib/program.ts'
import { quoteWord } from '../../lib/shell.ts'
import type { CapsuleStep } from '../../plan/way-back.ts'
import { healthyShell } from '../healthy-shell.ts'
import type { Place, Places } from '../places.ts'
import { linkShell } from '../release-link.ts'
import type { TargetCapsule, TargetContext } from '../target.ts'
import {
  appNames,
  configFile,
  deleteProgram,
  describeProgram,
  INSTALL,
  reloadProgram,
  restartProgram,
  scaleProgram,
  stopProgram,
} from './programs.ts'
import type { Settings } from './settings.ts'

interface Parts {
  settings: Settings
  context: TargetContext
}

/** What pm2 finds its daemon by. */
function line({ settings, context }: Parts, program: Program, mustSucceed = true): string {
  return programShell(program, {
    system: `target ${context.name}`,
    env: chosenVariables(context.env, ['HOME', 'PM2_HOME']),
    timeoutMs: settings.commandTimeoutMs,
    install: INSTALL,
    mustSucceed,
  })
}

/** Only where pm2 knows an app of the name: it fails otherwise. */
function whereKnown(parts: Parts, names: readonly string[], program: (name: string) => Program): string {
  return names
    .map(
      (name) =>
        `${line(parts, describeProgram(name), false)}\nif [ "$code" -eq 0 ]; then\n${line(parts, program(name))}\nfi`,
    )
    .join('\n')
}

export function besideCapsule(parts: Parts, places: Places, stable: string, candidate: string): TargetCapsule {
  const { settings, context } = parts
  const { name } = context
  const names = (place: Place): string[] => appNames(settings, place)
  const each = (version: string, program: (one: string) => Program): string =>
    places.shell(version, (place) => whereKnown(parts, names(place), program))
  const canScale = settings.exec === 'cluster'
  // Scaling to what there is already is an error of pm2, and no harm.
  const scale = (place: Place): string =>
    names(place)
      .map((one) => line(parts, scaleProgram(one, settings.instances), false))
      .join('\n')
  return {
    restore: canScale
      ? {
          stage: 'processes',
          title: `${settings.instances} workers of ${stable} of ${name}`,
          shell: places.shell(stable, scale),
          files: {},
        }
      : null,
    retire: {
      stage: 'processes',
      title: `stop ${candidate} of ${name}`,
      shell: each(candidate, (one) => deleteProgram([one])),
      files: {},
    },
    suspend: {
      stage: 'data',
      title: `stop ${name} while its data is swapped`,
      shell: [candidate, stable].map((version) => each(version, (one) => stopProgram([one]))).join('\n'),
      files: {},
    },
    resume: {
      stage: 'data',
      title: `start ${stable} of ${name} again`,
      shell: each(stable, (one) => restartProgram([one])),
      files: {},
    },
  }
}

/** The way back in place: the link, then the reload. */
export function reloadStep(parts: Parts, version: string): CapsuleStep {
  const { settings, context } = parts
  const healthy = healthyShell({ host: '127.0.0.1', port: settings.port }, settings.health, `target ${context.name}`)
  const link = settings.link ? `${linkShell(settings.link, context.directory, version)}\n` : ''
  return {
    stage: 'traffic',
    title: `${context.name} back to ${version}`,
    shell: `${link}${fileShell(parts, version)}\n${line(parts, reloadProgram(settings, version, context))}\n${healthy}`,
    files: {},
  }
}

export function inPlaceCapsule(parts: Parts): TargetCapsule {
  const { settings, context } = parts
  const stop = whereKnown(parts, [settings.app], (name) => stopProgram([name]))
  const start = whereKnown(parts, [settings.app], (name) => restartProgram([name]))
  return {
    restore: null,
    retire: { stage: 'processes', title: `nothing of ${context.name} is left to stop`, shell: ':', files: {} },
    suspend: { stage: 'data', title: `stop ${context.name} while its data is swapped`, shell: stop, files: {} },
    resume: { stage: 'data', title: `start ${context.name} again`, shell: start, files: {} },
  }
}

/** Writes the file that pm2 reads, as the conductor does: the capsule may be all that is left. */
function fileShell({ settings, context }: Parts, version: string): string {
  const { path, content } = configFile(settings, { version, slot: null, ports: [] }, context)
  return `mkdir -p ${quoteWord(dirname(path))}\ncat > ${quoteWord(path)} <<'GONOGO_FILE'\n${content}GONOGO_FILE`
}

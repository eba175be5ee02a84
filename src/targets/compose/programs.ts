// What docker is told: pure functions, for the dry-run, the execution and the capsule alike.
import { join, resolve } from 'node:path'
import { sha256 } from '../../lib/hash.ts'
import { programLine, type Program } from '../../lib/program.ts'
import { nameIn, targetDirectory, type Place } from '../places.ts'
import type { TargetContext } from '../target.ts'
import type { Settings } from './settings.ts'

export const INSTALL = 'docker with its compose plug-in (https://docs.docker.com/compose/install)'

/** Says which version a container is of; read back to know what serves. */
export const VERSION_LABEL = 'dev.gonogo.version'

/** What docker finds its engine and its log-ins by. */
export const DOCKER_VARIABLES = [
  'HOME',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
  'XDG_RUNTIME_DIR',
]

export interface Parts {
  settings: Settings
  context: TargetContext
}

/** Names of projects are lower case, and no dots; what is lost in that is told apart by a hash. */
export function projectName({ project }: Settings, place: Place): string {
  const name = nameIn(project, place)
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
  return plain === name ? name : `${plain}-${sha256(name).slice(0, 6)}`
}

/** A compose file beside the user's own that puts the label on the containers. */
export function labelFile({ settings, context }: Parts): { path: string; content: string } {
  const content = JSON.stringify({
    services: { [settings.service]: { labels: { [VERSION_LABEL]: '${GONOGO_VERSION:-}' } } },
  })
  return { path: join(targetDirectory(context), 'label.compose.json'), content: `${content}\n` }
}

/** Of the project alone: it needs none of the files. */
function ofProject({ settings }: Parts, place: Place, ...args: string[]): Program {
  return { file: 'docker', args: ['compose', '--project-name', projectName(settings, place), ...args] }
}

function withFiles(parts: Parts, place: Place, ...args: string[]): Program {
  const { settings, context } = parts
  const files = [...settings.files.map((file) => resolve(context.directory, file)), labelFile(parts).path]
  const port = place.ports[0] ?? settings.port
  return {
    ...ofProject(
      parts,
      place,
      '--project-directory',
      context.directory,
      ...files.flatMap((file) => ['--file', file]),
      ...args,
    ),
    cwd: context.directory,
    env: {
      ...settings.variables,
      GONOGO_VERSION: place.version,
      [settings.versionEnv]: place.version,
      ...(port === undefined ? {} : { [settings.portEnv]: String(port) }),
    },
  }
}

/** Whether an image is to be had is known before anything is touched. */
export const pullProgram = (parts: Parts, place: Place): Program =>
  withFiles(parts, place, 'pull', '--quiet', parts.settings.service)

/** Comes back when docker calls the containers running, or healthy where they have a health check. */
export function upProgram(parts: Parts, place: Place, instances: number): Program {
  const { service, health, pull } = parts.settings
  const limit = String(Math.ceil(health.startTimeoutMs / 1000))
  const never = pull ? [] : ['--pull', 'never']
  const scale = ['--scale', `${service}=${instances}`]
  return withFiles(
    parts,
    place,
    'up',
    '--detach',
    '--wait',
    '--wait-timeout',
    limit,
    '--timeout',
    graceSeconds(parts),
    ...never,
    ...scale,
  )
}

const graceSeconds = ({ settings }: Parts): string => String(Math.ceil(settings.graceMs / 1000))

/** Volumes stay. */
export const downProgram = (parts: Parts, place: Place): Program =>
  ofProject(parts, place, 'down', '--remove-orphans', '--timeout', graceSeconds(parts))

export const stopProgram = (parts: Parts, place: Place): Program =>
  ofProject(parts, place, 'stop', '--timeout', graceSeconds(parts))

export const startProgram = (parts: Parts, place: Place): Program => ofProject(parts, place, 'start')

export const listProgram = (parts: Parts, place: Place): Program => {
  const filters = [`label=com.docker.compose.project=${projectName(parts.settings, place)}`]
  filters.push(`label=com.docker.compose.service=${parts.settings.service}`, 'label=com.docker.compose.oneoff=False')
  return {
    file: 'docker',
    args: ['ps', '--all', '--quiet', '--no-trunc', ...filters.flatMap((filter) => ['--filter', filter])],
  }
}

export const inspectProgram = (ids: readonly string[]): Program => ({ file: 'docker', args: ['inspect', ...ids] })

export const logsProgram = (id: string, lines: number): Program => ({
  file: 'docker',
  args: ['logs', '--tail', String(lines), id],
})

/** The dry-run. */
export function planLines(settings: Settings, version: string, context: TargetContext): string[] {
  // Values of `variables` may be secrets, and are the user's own.
  const parts = { settings: { ...settings, variables: {} }, context }
  const place = { version, slot: null, ports: [] }
  const programs = [...(settings.pull ? [pullProgram(parts, place)] : []), upProgram(parts, place, settings.instances)]
  return programs.map((program) => programLine(program))
}

// What systemd is told: pure functions, for the dry-run, the execution and the capsule alike.
import { resolve } from 'node:path'
import { programLine, type Program } from '../../lib/program.ts'
import { nameIn, type Place } from '../places.ts'
import { linkLine } from '../release-link.ts'
import type { TargetContext } from '../target.ts'
import type { Settings } from './settings.ts'

export const INSTALL = 'systemd, or use another target: systemctl comes with it'

/** What systemctl finds the manager of a user by. */
export const MANAGER_VARIABLES = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'HOME']

export interface Parts {
  settings: Settings
  context: TargetContext
}

const PROPERTIES = 'Id,LoadState,ActiveState,SubState,Result,NRestarts,MainPID,ActiveEnterTimestampMonotonic'

/** Units of a version. What a name of a unit must not contain is written as systemd escapes it. */
export function unitNames(settings: Settings, place: Place, count = settings.instances): string[] {
  const version = place.version.replaceAll(/[^\w:.-]/g, escaped).replace(/^\./, escaped)
  return Array.from({ length: count }, (_, index) => {
    const name = nameIn(settings.unit, { ...place, version }, index + 1)
    return /\.[a-z]+$/.test(name) ? name : `${name}.service`
  })
}

function escaped(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

const systemctl = ({ settings }: Parts, ...args: string[]): Program => ({
  file: 'systemctl',
  args: [...(settings.user ? ['--user'] : []), ...args],
})

export const startProgram = (parts: Parts, units: readonly string[]): Program =>
  systemctl(parts, 'start', '--', ...units)

/** Stopped units that failed stay in the list as such, and count against the limit of starts: that is forgotten too. */
export const stopPrograms = (parts: Parts, units: readonly string[]): Program[] => [
  systemctl(parts, 'stop', '--', ...units),
  resetProgram(parts, units),
]

export const resetProgram = (parts: Parts, units: readonly string[]): Program =>
  systemctl(parts, 'reset-failed', '--', ...units)

/** In place. */
export const exchangeProgram = (parts: Parts): Program =>
  systemctl(parts, parts.settings.how, '--', ...unitNames(parts.settings, { version: '', slot: null, ports: [] }))

export const showProgram = (parts: Parts, units: readonly string[]): Program =>
  systemctl(parts, 'show', '--no-pager', `--property=${PROPERTIES}`, '--', ...units)

export const logProgram = ({ settings }: Parts, unit: string, lines: number): Program => ({
  file: 'journalctl',
  args: [...(settings.user ? ['--user'] : []), '--no-pager', '--output=cat', `--lines=${lines}`, `--unit=${unit}`],
})

export interface EnvironmentFile {
  path: string
  content: string
}

/** Files that the units read their environment from; none where the user wants none. */
export function environmentFiles({ settings, context }: Parts, place: Place): EnvironmentFile[] {
  const { environmentFile: pattern, variables, instances, port } = settings
  if (pattern === undefined) return []
  const files = Array.from({ length: instances }, (_, index) => {
    const given = place.ports[index] ?? port
    const lines = Object.entries({
      ...variables,
      GONOGO_VERSION: place.version,
      ...(given === undefined ? {} : { PORT: String(given) }),
    }).map(([name, value]) => `${name}="${value.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`)
    return { path: resolve(context.directory, nameIn(pattern, place, index + 1)), content: `${lines.join('\n')}\n` }
  })
  return [...new Map(files.map((file) => [file.path, file])).values()]
}

/** The dry-run. */
export function planLines(settings: Settings, version: string, context: TargetContext): string[] {
  const parts = { settings, context }
  const place = { version, slot: null, ports: [] }
  const { link, mode } = settings
  return [
    ...environmentFiles(parts, place).map(({ path }) => `write ${path}: GONOGO_VERSION=${version}`),
    ...(link ? [linkLine(link, context.directory, version)] : []),
    programLine(mode === 'beside' ? startProgram(parts, unitNames(settings, place)) : exchangeProgram(parts)),
  ]
}

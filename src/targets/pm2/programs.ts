// What pm2 is told: pure functions, for the dry-run, the execution and the capsule alike.
import { dirname, join, resolve } from 'node:path'
import { programLine, type Program } from '../../lib/program.ts'
import { fillIn } from '../../lib/user-command.ts'
import { nameIn, targetDirectory, type Place } from '../places.ts'
import { linkLine } from '../release-link.ts'
import type { TargetContext } from '../target.ts'
import type { Settings } from './settings.ts'

export const INSTALL = 'pm2 (npm install --global pm2)'

/** Says which version an app is of; read back to know what serves. */
export const VERSION_VARIABLE = 'GONOGO_VERSION'

/** What a version beside the others is called: one app, or without a shared port one an instance. */
export function appNames(settings: Settings, place: Place, count = settings.instances): string[] {
  const name = nameIn(fillIn(settings.name, { app: settings.app }), place)
  if (settings.exec === 'cluster' || settings.instances === 1) return [name]
  return Array.from({ length: count }, (_, index) => `${name}-${index + 1}`)
}

export interface ConfigFile {
  path: string
  content: string
}

/** A file that pm2 itself reads: the app of the ecosystem file as one version of it. */
export function configFile(settings: Settings, place: Place, context: TargetContext): ConfigFile {
  const { app, env, variables, ecosystem } = settings
  const versioned = { ...variables, [VERSION_VARIABLE]: place.version }
  const overrides = settings.mode === 'beside' ? besideApps(settings, place, context, versioned) : [{ env: versioned }]
  const content = `// Written by gonogo for target ${context.name}: the app of the ecosystem file, as one version of it.
const given = require(${JSON.stringify(resolve(context.directory, ecosystem))})
const exported = given.default ?? given
const apps = exported.apps ?? [exported].flat()
const app = apps.find(({ name }) => name === ${JSON.stringify(app)})
if (!app) throw new Error('the ecosystem file has no app ' + ${JSON.stringify(app)})
const ownEnv = { ...app.env, ...app[${JSON.stringify(`env_${env ?? ''}`)}] }
module.exports = {
  apps: ${JSON.stringify(overrides)}.map((part) => ({ ...app, ...part, env: { ...ownEnv, ...part.env } })),
}
`
  return { path: join(targetDirectory(context), `${encodeURIComponent(place.version)}.config.cjs`), content }
}

function besideApps(settings: Settings, place: Place, context: TargetContext, env: Record<string, string>): object[] {
  const { cwd, exec, instances, portEnv, graceMs } = settings
  const folder = cwd === undefined ? {} : { cwd: resolve(context.directory, fillIn(cwd, { version: place.version })) }
  return appNames(settings, place).map((name, index) => ({
    name,
    ...folder,
    exec_mode: exec,
    instances: exec === 'cluster' ? instances : 1,
    kill_timeout: graceMs,
    env: { ...env, [portEnv]: String(place.ports[index] ?? '') },
  }))
}

const pm2 = (...args: string[]): Program => ({ file: 'pm2', args })

export function startProgram(settings: Settings, place: Place, context: TargetContext): Program {
  const cwd = dirname(resolve(context.directory, settings.ecosystem))
  return { ...pm2('start', configFile(settings, place, context).path), cwd }
}

/** Workers of the one app of a version. */
export const scaleProgram = (name: string, instances: number): Program => pm2('scale', name, String(instances))

export const restartProgram = (names: readonly string[]): Program => pm2('restart', ...names)

export const stopProgram = (names: readonly string[]): Program => pm2('stop', ...names)

export const deleteProgram = (names: readonly string[]): Program => pm2('delete', ...names)

export const describeProgram = (name: string): Program => pm2('describe', name)

export const listProgram = (): Program => pm2('jlist')

/**
 * In place: the app starts, or its instances are exchanged one after the other. The version stands in the file: of variables of its own
 * environment pm2 takes none over when it reloads from a file.
 */
export function reloadProgram(settings: Settings, version: string, context: TargetContext): Program {
  const { path } = configFile(settings, { version, slot: null, ports: [] }, context)
  return { ...pm2('startOrReload', path, '--update-env'), cwd: dirname(resolve(context.directory, settings.ecosystem)) }
}

/** The dry-run. */
export function planLines(settings: Settings, version: string, context: TargetContext): string[] {
  if (settings.mode === 'in-place') {
    const { link, app, ecosystem } = settings
    return [
      `write ${configFile(settings, { version, slot: null, ports: [] }, context).path}: app ${app} of ${ecosystem}, ${VERSION_VARIABLE}=${version}`,
      ...(link ? [linkLine(link, context.directory, version)] : []),
      programLine(reloadProgram(settings, version, context)),
    ]
  }
  const place = { version, slot: null, ports: [] }
  const { app, instances, exec, portEnv, ports } = settings
  const start = startProgram(settings, place, context)
  return [
    `write ${start.args.at(-1)}: app ${app} of ${settings.ecosystem} as ${appNames(settings, place).join(', ')}, ${instances} × ${exec}, ${portEnv}=${ports ? 'as given' : '<free port>'}`,
    programLine(start),
  ]
}

// Target kind `process-group`: several instances of a command on this machine, the old and the new version side by side.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { entryPoint } from '../lib/entry-point.ts'
import { PlanError } from '../lib/errors.ts'
import { milliseconds } from '../lib/milliseconds-option.ts'
import { FUNCTIONS, restoreShell, resumeShell, retireShell, suspendShell } from './process-group/capsule-shell.ts'
import { knownVersions, layoutOf } from './process-group/layout.ts'
import { prepare, type Start } from './process-group/prepare.ts'
import { readJson, type Spec } from './process-group/spec.ts'
import { endVersion, runningInstances } from './process-group/versions.ts'
import { describeHealth, healthSchema } from './health.ts'
import { defineTarget, type InstanceState, type Target, type TargetContext } from './target.ts'

const command = z
  .array(z.string())
  .min(1)
  .describe('Program and arguments; no shell. It listens on the port given in `portEnv`')
const env = z.record(z.string(), z.string()).describe('Added to the environment of every instance')
const cwd = z.string().describe('Working directory, relative to gonogo.yaml')

const options = z.strictObject({
  command: command.optional(),
  versions: z
    .record(z.string(), z.strictObject({ command: command.optional(), env: env.optional(), cwd: cwd.optional() }))
    .default({})
    .describe('What is different for one version: its command, environment, directory'),
  instances: z.number().int().min(1).max(100).default(2).describe('How many run of each version'),
  ports: z
    .strictObject({ from: z.number().int().min(1).max(65_535) })
    .optional()
    .describe('The first port; versions take theirs one after the other from there. Default: free ports'),
  portEnv: z.string().regex(/^\w+$/).default('PORT').describe('Environment variable that tells an instance its port'),
  health: healthSchema.prefault({}),
  stop: z
    .strictObject({
      signal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']).default('SIGTERM'),
      graceMs: milliseconds
        .default(10_000)
        .describe('How long an instance may take to finish what it does; then it is killed'),
    })
    .prefault({}),
  env: env.default({}),
  cwd: cwd.default('.'),
})
type Options = z.output<typeof options>

export const processGroup = defineTarget<Options>({
  id: 'process-group',
  summary: 'instances of a command on this machine, supervised, health-gated, old and new version side by side',
  options: options as z.ZodType<Options>,
  example: { command: ['node', 'server.js'], instances: 2, health: { path: '/health' } },
  failingExample: { command: ['no-such-program'], health: { startTimeoutMs: 1000 } },
  secretFields: ['env'],
  abilities: () => ({ mode: 'beside', reachedBy: 'addresses', resize: true }),
  plan: (given, version, { directory }) => {
    const { command: words = ['?'], cwd: place } = commandOf(given, version)
    return Array.from(
      { length: given.instances },
      (_, index) =>
        `${given.portEnv}=<free port> ${words.join(' ')}  (in ${resolve(directory, place)}, ${version}-${index + 1})`,
    )
  },
  describe: (given, version) => {
    const { command: words = ['?'] } = commandOf(given, version)
    return `start ${given.instances} × \`${words.join(' ')}\` as ${version}, each ready when ${describeHealth(given.health)}`
  },
  create: createTarget,
})

function createTarget(given: Options, context: TargetContext): Target {
  const system = `target ${context.name}`
  const directory = join(context.stateDirectory, 'targets', context.name)
  const layout = (version: string) => layoutOf(directory, version)

  return {
    async current() {
      const found: Record<string, InstanceState[]> = {}
      for (const version of knownVersions(directory)) {
        const instances = await runningInstances(layout(version))
        if (instances.length > 0) found[version] = instances
      }
      return found
    },

    prepare: async (version, signal) => prepare(startOf(given, context, version), signal),

    resize: async (version, instances, signal) =>
      prepare({ ...startOf(given, context, version), count: instances }, signal),

    async ready(version) {
      const wanted = readJson<Spec>(layout(version).spec)?.ports.length ?? given.instances
      const instances = await runningInstances(layout(version))
      return { healthy: instances.filter(({ healthy }) => healthy).length, wanted }
    },

    retire: async (version, signal) => endVersion(layout(version), system, signal),

    capsule(stable, candidate) {
      const functionsFile = `processes-${encodeURIComponent(context.name)}.sh`
      const files = { [functionsFile]: FUNCTIONS }
      const stop = { signal: given.stop.signal.slice(3), graceMs: given.stop.graceMs }
      const supervisor = entryPoint(import.meta.url, './process-group/supervisor')
      const both = [layout(candidate), layout(stable)]
      return {
        restore: {
          stage: 'processes',
          title: `all instances of ${stable} of ${context.name}`,
          shell: restoreShell(functionsFile, layout(stable), given.health.startTimeoutMs, supervisor),
          files,
        },
        retire: {
          stage: 'processes',
          title: `stop ${candidate} of ${context.name}`,
          shell: retireShell(functionsFile, layout(candidate), stop),
          files,
        },
        suspend: {
          stage: 'data',
          title: `hold ${context.name} while its data is swapped`,
          shell: suspendShell(functionsFile, both, stop),
          files,
        },
        resume: {
          stage: 'data',
          title: `start ${stable} of ${context.name} again`,
          shell: resumeShell(functionsFile, layout(stable), given.health.startTimeoutMs, supervisor),
          files,
        },
      }
    },
  }
}

/** @throws PlanError when nothing says how to start this version, or its directory is not there. */
function startOf(given: Options, context: TargetContext, version: string): Start {
  const { command: words, cwd: place, env: variables } = commandOf(given, version)
  const path = `targets/${context.name}`
  if (!words)
    throw new PlanError(`nothing says how to start version ${version}`, {
      path: `${path}/command`,
      expected: '`command`, or a command under `versions`',
      hint: `known versions: ${Object.keys(given.versions).join(', ') || 'none'}`,
    })
  const workingDirectory = resolve(context.directory, place)
  if (!existsSync(workingDirectory))
    throw new PlanError(`there is no directory ${workingDirectory}`, { path: `${path}/cwd` })
  const { startTimeoutMs, ...health } = given.health
  return {
    layout: layoutOf(join(context.stateDirectory, 'targets', context.name), version),
    system: `target ${context.name}`,
    instances: given.instances,
    count: null,
    portsFrom: given.ports?.from ?? null,
    env: context.env,
    spec: {
      version,
      command: words,
      cwd: workingDirectory,
      env: variables,
      portEnv: given.portEnv,
      portsAreFixed: given.ports !== undefined,
      health,
      startTimeoutMs,
      stop: given.stop,
    },
  }
}

/** What a version is started with: its own settings before those for all. */
function commandOf(given: Options, version: string) {
  const own = Object.hasOwn(given.versions, version) ? given.versions[version] : undefined
  return {
    command: own?.command ?? given.command,
    cwd: own?.cwd ?? given.cwd,
    env: { ...given.env, ...own?.env },
  }
}

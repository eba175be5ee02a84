// Target kind `pm2`: apps of an ecosystem file, versions side by side under names of their own, or reloaded in place.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import type { Pm2Process } from '../lib/pm2-list.ts'
import { besideTarget, type Supervisor } from './beside.ts'
import { describeHealth } from './health.ts'
import { inPlaceTarget, type Exchanger } from './in-place.ts'
import { createPlaces, type Place } from './places.ts'
import { besideCapsule, inPlaceCapsule, reloadStep } from './pm2/capsule.ts'
import { createDaemon, lastLinesOf, seenOf, type Daemon } from './pm2/daemon.ts'
import {
  appNames,
  configFile,
  deleteProgram,
  planLines,
  reloadProgram,
  restartProgram,
  scaleProgram,
  startProgram,
  type ConfigFile,
  VERSION_VARIABLE,
} from './pm2/programs.ts'
import { settingsSchema, type Settings } from './pm2/settings.ts'
import { checkRelease, leadsTo, moveLink } from './release-link.ts'
import { defineTarget, type Target, type TargetContext } from './target.ts'

const LOOK_MS_MAX = 15_000

export const pm2 = defineTarget<Settings>({
  id: 'pm2',
  summary: 'apps of a pm2 ecosystem file: versions side by side under names of their own, or reloaded in place',
  options: settingsSchema as z.ZodType<Settings>,
  example: { app: 'web', ecosystem: 'ecosystem.config.js', env: 'production', name: 'web-{version}' },
  failingExample: { app: 'web', name: 'web' },
  secretFields: ['variables'],
  needs: 'pm2',
  abilities: ({ mode, exec }) => ({
    mode,
    reachedBy: mode === 'beside' ? 'addresses' : 'nothing',
    resize: mode === 'beside' && exec === 'cluster',
  }),
  describe: ({ mode, app, instances, health, port }, version) =>
    mode === 'in-place'
      ? `pm2 reload ${app} as ${version}${port === undefined ? '' : `, ready when ${describeHealth(health)}`}`
      : `pm2 start ${instances} × ${app} as ${version}, each ready when ${describeHealth(health)}`,
  plan: planLines,
  create: (settings, context) =>
    settings.mode === 'beside' ? createBeside(settings, context) : createInPlace(settings, context),
})

function createBeside(settings: Settings, context: TargetContext): Target {
  const { exec, instances, ports, health, settleMs, graceMs, commandTimeoutMs } = settings
  const daemon = createDaemon(context, commandTimeoutMs)
  const places = createPlaces({
    context,
    hasSlots: settings.name.includes('{slot}'),
    count: exec === 'cluster' ? 1 : instances,
    ports,
  })
  const { resize, ...parts } = besideTarget({
    context,
    supervisor: supervisorOf(settings, context, daemon),
    places,
    instances,
    health,
    settleMs,
    stopTimeoutMs: graceMs + commandTimeoutMs,
  })
  return {
    ...parts,
    ...(exec === 'cluster' ? { resize } : {}),
    capsule: (stable, candidate) => besideCapsule({ settings, context }, places, stable, candidate),
  }
}

function supervisorOf(settings: Settings, context: TargetContext, daemon: Daemon): Supervisor {
  const list = (place: Place, signal: AbortSignal): Promise<Pm2Process[]> =>
    daemon.list(appNames(settings, place), signal)
  return {
    look: async (place, signal) =>
      (await list(place, signal)).map((one, index) => {
        const port = place.ports[settings.exec === 'cluster' ? 0 : index] ?? 0
        return seenOf(one, { id: `${place.version}-${index + 1}`, version: place.version, host: '127.0.0.1', port })
      }),

    async start(place, count, signal) {
      const known = await list(place, signal)
      const [name = ''] = appNames(settings, place)
      // What stands there without running is not worth repairing: its file may have changed.
      if (known.every(({ pm2_env: { status } }) => status !== 'online')) {
        await remove(daemon, known, signal)
        writeConfig(configFile(settings, place, context))
        await daemon.run(startProgram(settings, place, context), signal)
      }
      const now = await list(place, signal)
      const down = now.filter(({ pm2_env: { status } }) => status === 'stopped' || status === 'errored')
      if (down.length > 0) await daemon.run(restartProgram(down.map(({ pm_id: id }) => String(id))), signal)
      if (settings.exec === 'cluster' && now.length !== count) await daemon.run(scaleProgram(name, count), signal)
    },

    stop: async (place, signal) => remove(daemon, await list(place, signal), signal),

    lastLines: async (place) => lastLinesOf(await list(place, AbortSignal.timeout(LOOK_MS_MAX))),
  }
}

function writeConfig({ path, content }: ConfigFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // It may hold secrets of the environment.
  writeFileAtomic(path, content, 0o600)
}

async function remove(daemon: Daemon, processes: readonly Pm2Process[], signal: AbortSignal): Promise<void> {
  const names = [...new Set(processes.map(({ name }) => name))]
  if (names.length > 0) await daemon.run(deleteProgram(names), signal)
}

function createInPlace(settings: Settings, context: TargetContext): Target {
  const { instances, health, port, settleMs, commandTimeoutMs } = settings
  const daemon = createDaemon(context, commandTimeoutMs)
  const { exchange, ...parts } = inPlaceTarget({
    context,
    exchanger: exchangerOf(settings, context, daemon),
    health: port === undefined ? null : health,
    startTimeoutMs: health.startTimeoutMs,
    instances,
    settleMs,
  })
  return {
    ...parts,
    inPlace: { ...exchange, capsule: (version) => reloadStep({ settings, context }, version) },
    capsule: () => inPlaceCapsule({ settings, context }),
  }
}

function exchangerOf(settings: Settings, context: TargetContext, daemon: Daemon): Exchanger {
  const { app, link, port = 0 } = settings
  const { directory } = context
  const system = `target ${context.name}`
  const list = (signal: AbortSignal): Promise<Pm2Process[]> => daemon.list([app], signal)
  return {
    /** What all workers that run were started as; and where there is a link, it must lead there: the next restart follows it. */
    async current(signal) {
      const versions = new Set(
        (await list(signal)).filter(({ pm2_env: { status } }) => status === 'online').map(versionOf),
      )
      const [version = null] = versions
      if (versions.size !== 1 || version === null) return null
      return !link || leadsTo(link, directory, version) ? version : null
    },
    look: async (version, signal) =>
      (await list(signal)).map((one, index) =>
        seenOf(one, { id: `${version}-${index + 1}`, version, host: '127.0.0.1', port }),
      ),
    async makeReady(version) {
      if (link) checkRelease(link, directory, version, system)
    },
    async apply(version, signal) {
      if (link) moveLink(link, directory, version, system)
      writeConfig(configFile(settings, { version, slot: null, ports: [] }, context))
      await daemon.run(reloadProgram(settings, version, context), signal)
    },
    lastLines: async () => lastLinesOf(await list(AbortSignal.timeout(LOOK_MS_MAX))),
  }
}

function versionOf({ pm2_env: { env } }: Pm2Process): string | null {
  const version = env?.[VERSION_VARIABLE]
  return typeof version === 'string' ? version : null
}

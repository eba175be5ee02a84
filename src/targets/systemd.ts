// Target kind `systemd`: units of both versions side by side, or one unit that is restarted as another version.
import type { z } from 'zod'
import { besideTarget } from './beside.ts'
import { describeHealth } from './health.ts'
import { inPlaceTarget } from './in-place.ts'
import { createPlaces, type Place } from './places.ts'
import { checkRelease, leadsTo, moveLink, versionOfLink } from './release-link.ts'
import { besideCapsule, inPlaceCapsule, restartStep } from './systemd/capsule.ts'
import {
  exchangeProgram,
  planLines,
  resetProgram,
  startProgram,
  stopPrograms,
  unitNames,
  type Parts,
} from './systemd/programs.ts'
import { settingsSchema, type Settings } from './systemd/settings.ts'
import { checkKnown, createManager, seenOf, startedAs } from './systemd/units.ts'
import { defineTarget, type Target } from './target.ts'

export const systemd = defineTarget<Settings>({
  id: 'systemd',
  summary: 'units of systemd: both versions side by side, or one unit that is restarted as another version',
  options: settingsSchema as z.ZodType<Settings>,
  example: { unit: 'web-{slot}.service', ports: { blue: 3001, green: 3002 } },
  failingExample: { unit: 'web.service' },
  secretFields: ['variables'],
  needs: 'systemd',
  abilities: ({ mode }) => ({ mode, reachedBy: mode === 'beside' ? 'addresses' : 'nothing', resize: false }),
  describe: ({ mode, unit, how, instances, health }, version) =>
    mode === 'beside'
      ? `systemctl start ${instances} × ${unit} as ${version}, each ready when ${describeHealth(health)}`
      : `systemctl ${how} ${unit} as ${version}`,
  plan: planLines,
  create: (settings, context) =>
    settings.mode === 'beside' ? createBeside({ settings, context }) : createInPlace({ settings, context }),
})

function createBeside(parts: Parts): Target {
  const { settings, context } = parts
  const { unit, ports, instances, health, settleMs, commandTimeoutMs } = settings
  const manager = createManager(parts)
  const hasSlots = unit.includes('{slot}') || ports !== undefined
  const places = createPlaces({ context, hasSlots, count: instances, ports })
  const names = (place: Place): string[] => unitNames(settings, place)
  const { resize: _, ...target } = besideTarget({
    context,
    supervisor: {
      look: async (place, signal) =>
        (await manager.show(isPlaced(settings, place) ? names(place) : [], signal)).map((one, index) =>
          seenOf(one, index + 1, place.version, place.ports[index] ?? 0),
        ),
      async start(place, _count, signal) {
        checkKnown(await manager.show(names(place), signal), `target ${context.name}`)
        manager.writeEnvironment(place)
        const all = await manager.show(names(place), signal)
        const failed = all.filter(({ activeState }) => activeState === 'failed').map(({ id }) => id)
        // A unit that failed too often may not be started before that is forgotten.
        if (failed.length > 0) await manager.run(resetProgram(parts, failed), signal)
        await manager.run(startProgram(parts, names(place)), signal)
      },
      async stop(place, signal) {
        if (!isPlaced(settings, place)) return
        const loaded = (await manager.show(names(place), signal)).filter(({ loadState }) => loadState === 'loaded')
        const [stopping, forgetting] = stopPrograms(
          parts,
          loaded.map(({ id }) => id),
        )
        if (loaded.length === 0 || !stopping || !forgetting) return
        await manager.run(stopping, signal)
        const failed = (await manager.show(names(place), signal)).some(({ activeState }) => activeState === 'failed')
        if (failed) await manager.run(forgetting, signal)
      },
      lastLines: (place) => manager.lastLines(names(place)),
    },
    places,
    instances,
    health,
    settleMs,
    stopTimeoutMs: commandTimeoutMs,
  })
  return { ...target, capsule: (stable, candidate) => besideCapsule(parts, places, stable, candidate) }
}

/** A version that was never given a slot has no units. */
function isPlaced({ unit }: Settings, { slot, ports }: Place): boolean {
  return (slot !== null || !unit.includes('{slot}')) && (ports.length > 0 || !unit.includes('{port}'))
}

function createInPlace(parts: Parts): Target {
  const { settings, context } = parts
  const { port, link, health, settleMs, instances } = settings
  const manager = createManager(parts)
  const system = `target ${context.name}`
  const place = (version: string): Place => ({ version, slot: null, ports: [] })
  const units = unitNames(settings, place(''))
  const { exchange, ...target } = inPlaceTarget({
    context,
    exchanger: {
      /** By the environment of the running process, where the link must lead there too; or by the link alone. */
      async current(signal) {
        const [unit] = await manager.show(units, signal)
        if (unit?.activeState !== 'active') return null
        const version = startedAs(unit.pid)
        if (version !== null) return !link || leadsTo(link, context.directory, version) ? version : null
        return link ? versionOfLink(link, context.directory) : null
      },
      look: async (version, signal) =>
        (await manager.show(units, signal)).map((unit) => seenOf(unit, 1, version, port ?? 0)),
      async makeReady(version, signal) {
        checkKnown(await manager.show(units, signal), system)
        if (link) checkRelease(link, context.directory, version, system)
      },
      async apply(version, signal) {
        manager.writeEnvironment(place(version))
        if (link) moveLink(link, context.directory, version, system)
        const [unit] = await manager.show(units, signal)
        if (unit?.activeState === 'failed') await manager.run(resetProgram(parts, units), signal)
        await manager.run(exchangeProgram(parts), signal)
      },
      lastLines: () => manager.lastLines(units),
    },
    health: port === undefined ? null : health,
    startTimeoutMs: health.startTimeoutMs,
    instances,
    settleMs,
  })
  return {
    ...target,
    inPlace: { ...exchange, capsule: (version) => restartStep(parts, version) },
    capsule: () => inPlaceCapsule(parts),
  }
}

// Target kind `compose`: Docker Compose, a project a version or colour, or one project brought up again in place.
import type { z } from 'zod'
import { besideTarget } from './beside.ts'
import { besideCapsule, inPlaceCapsule, upStep } from './compose/capsule.ts'
import { createEngine, publishedPort, seenOf, versionOf } from './compose/engine.ts'
import { planLines, type Parts } from './compose/programs.ts'
import { settingsSchema, type Settings } from './compose/settings.ts'
import { describeHealth } from './health.ts'
import { inPlaceTarget } from './in-place.ts'
import { createPlaces, type Place } from './places.ts'
import { defineTarget, type Target } from './target.ts'

export const compose = defineTarget<Settings>({
  id: 'compose',
  summary: 'a service of Docker Compose: a project a version or colour, or one project brought up again in place',
  options: settingsSchema as z.ZodType<Settings>,
  example: { service: 'web', project: 'web-{slot}', versionEnv: 'TAG', containerPort: 3000 },
  failingExample: { service: 'web', project: 'web' },
  secretFields: ['variables'],
  needs: 'docker with its compose plug-in',
  abilities: ({ mode, containerPort }) => ({
    mode,
    reachedBy: mode === 'beside' ? 'addresses' : 'nothing',
    resize: mode === 'beside' && containerPort !== undefined,
  }),
  describe: ({ mode, service, project, instances, health }, version) =>
    mode === 'beside'
      ? `compose up ${instances} × ${service} of ${version} as ${project}, each ready when ${describeHealth(health)}`
      : `compose up ${service} of ${project} as ${version}, ready when ${describeHealth(health)}`,
  plan: planLines,
  create: (settings, context) =>
    settings.mode === 'beside' ? createBeside({ settings, context }) : createInPlace({ settings, context }),
})

function createBeside(parts: Parts): Target {
  const { settings, context } = parts
  const { project, ports, instances, health, settleMs, graceMs, commandTimeoutMs, containerPort, host } = settings
  const engine = createEngine(parts)
  const places = createPlaces({ context, hasSlots: project.includes('{slot}'), count: 1, ports })
  const { resize, ...target } = besideTarget({
    context,
    supervisor: {
      look: async (place, signal) =>
        (await engine.containers(place, signal)).map((container) => {
          const published = containerPort === undefined ? null : publishedPort(container, containerPort)
          return seenOf(container, place.version, { host, port: published ?? place.ports[0] ?? 0 })
        }),
      async start(place, count, signal) {
        await engine.pull(place, signal)
        await engine.up(place, count, signal)
      },
      stop: (place, signal) => engine.down(place, signal),
      lastLines: (place) => engine.lastLines(place),
    },
    places,
    instances,
    health,
    settleMs,
    stopTimeoutMs: graceMs + commandTimeoutMs,
  })
  return {
    ...target,
    ...(containerPort === undefined ? {} : { resize }),
    capsule: (stable, candidate) => besideCapsule(parts, places, stable, candidate),
  }
}

function createInPlace(parts: Parts): Target {
  const { settings, context } = parts
  const { host, port, containerPort, instances, health, settleMs } = settings
  const engine = createEngine(parts)
  const place = (version: string): Place => ({ version, slot: null, ports: [] })
  const { exchange, ...target } = inPlaceTarget({
    context,
    exchanger: {
      async current(signal) {
        const running = (await engine.containers(place(''), signal)).filter(({ State: { Running: runs } }) => runs)
        const versions = new Set(running.map(versionOf))
        const [version = null] = versions
        return versions.size === 1 ? version : null
      },
      look: async (version, signal) =>
        (await engine.containers(place(version), signal)).map((container) => {
          const published = containerPort === undefined ? null : publishedPort(container, containerPort)
          return seenOf(container, version, { host, port: published ?? port ?? 0 })
        }),
      makeReady: (version, signal) => engine.pull(place(version), signal),
      apply: (version, signal) => engine.up(place(version), instances, signal),
      lastLines: (version) => engine.lastLines(place(version)),
    },
    health: port === undefined && containerPort === undefined ? null : health,
    startTimeoutMs: health.startTimeoutMs,
    instances,
    settleMs,
  })
  return {
    ...target,
    inPlace: { ...exchange, capsule: (version) => upStep(parts, version) },
    capsule: (stable) => inPlaceCapsule(parts, stable),
  }
}

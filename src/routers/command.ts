// Router kind `command`: whatever splits traffic, told and asked by the user's own commands.
import { join } from 'node:path'
import type { z } from 'zod'
import { pause, poll } from '../lib/deadline.ts'
import { OutsideError } from '../lib/errors.ts'
import { chosenVariables, programShell } from '../lib/program-shell.ts'
import { programLine, runProgram, type Program } from '../lib/program.ts'
import { quoteWord } from '../lib/shell.ts'
import { describeCommand } from '../lib/user-command.ts'
import { describeWeights, type RoutingTable } from '../plan/traffic.ts'
import type { CapsuleStep } from '../plan/way-back.ts'
import { commandProgram, heaviest, parseCounters, parseWeights, setProgram } from './command/commands.ts'
import { settingsSchema, type Settings } from './command/settings.ts'
import { probeTable } from './probing.ts'
import { rememberedTable, routerDirectory } from './remembered-table.ts'
import { defineRouter, type Router, type RouterContext } from './router.ts'

const LOOK_MS = 100
/** Of a share: what rounding makes of it. */
const TOLERANCE = 1

export const command = defineRouter<Settings>({
  id: 'command',
  summary: 'whatever splits traffic: your own commands set weights, print those in force, wait for requests to end',
  options: settingsSchema as z.ZodType<Settings>,
  example: { set: ['./traffic', '{version}', '{weight}'], current: ['./traffic', 'show'] },
  failingExample: { set: ['./traffic', '{version}', '{weight}'] },
  secretFields: ['env'],
  abilities: ({ weights, counters }) => ({
    weights,
    reaches: 'anything',
    counts: counters !== undefined,
    preview: false,
    hold: false,
    mirror: false,
  }),
  describe: ({ set }) => `traffic by ${describeCommand(set)}`,
  plan: (settings, weights, context) => {
    // Values of `env` may be secrets, and are the user's own.
    const shown = { ...settings, env: {} }
    const verify = settings.current === undefined ? [] : [commandProgram(settings.current, shown, context, {})]
    return [setProgram(shown, context, weights), ...verify].map((program) => programLine(program))
  },
  create: createRouter,
})

function createRouter(settings: Settings, context: RouterContext): Router {
  const { current: shows, probe, weights: shares, commandTimeoutMs } = settings
  const system = `router ${context.name}`
  const remembered = rememberedTable(context)
  const run = (program: Program, signal?: AbortSignal, timeoutMs = commandTimeoutMs): Promise<string> =>
    runProgram(program, { system, env: context.env, timeoutMs, ...(signal ? { signal } : {}) })

  const inForce = async (): Promise<RoutingTable['weights'] | null> => {
    if (shows === undefined) return remembered.read()?.weights ?? null
    return parseWeights(await run(commandProgram(shows, settings, context, {})), system)
  }

  async function verify(weights: RoutingTable['weights']): Promise<void> {
    if (shows !== undefined) {
      let seen: RoutingTable['weights'] | null = null
      const look = async (): Promise<true | null> => {
        seen = await inForce()
        return isSame(seen ?? {}, weights) || null
      }
      if (!(await poll(look, { everyMs: LOOK_MS, timeoutMs: settings.verifyTimeoutMs })))
        throw new OutsideError(
          system,
          `was told ${describeWeights(weights)}, but \`current\` prints ${seen ? describeWeights(seen) : 'nothing'}`,
          { retryable: true, hint: 'did `set` do it, or is somebody else switching traffic?' },
        )
    }
    if (probe) await probeTable(system, probe, weights)
  }

  return {
    async current() {
      const weights = await inForce()
      if (weights === null) return null
      const last = remembered.read()
      return { ...last, weights, backends: last?.backends ?? [], stable: last?.stable ?? heaviest(weights) }
    },

    async set(table) {
      if (shares === 'whole' && Object.values(table.weights).some((weight) => weight > 0 && weight < 100))
        throw new OutsideError(system, `it cannot split traffic: ${describeWeights(table.weights)}`, {
          hint: 'use blue-green, or `weights: any` where its `set` can',
        })
      if (shows !== undefined) remembered.write(table)
      await run(setProgram(settings, context, table.weights, table))
      await verify(table.weights)
      remembered.write(table)
    },

    async drain(version, timeoutMs) {
      const { drain: waits, drainGraceMs } = settings
      if (waits === undefined) {
        await pause(Math.min(drainGraceMs, timeoutMs))
        return drainGraceMs <= timeoutMs
      }
      try {
        await run(commandProgram(waits, settings, context, { version }), undefined, timeoutMs)
        return true
      } catch (error) {
        if (error instanceof OutsideError && error.message.includes('did not end within')) return false
        throw error
      }
    },

    async counters(signal) {
      if (settings.counters === undefined) return null
      return parseCounters(await run(commandProgram(settings.counters, settings, context, {}), signal), system)
    },

    stop: async () => {},

    capsule: (table) => trafficStep(settings, context, table),
  }
}

/** What a version does not have, it has nothing of. */
function isSame(seen: RoutingTable['weights'], wanted: RoutingTable['weights']): boolean {
  const versions = new Set([...Object.keys(seen), ...Object.keys(wanted)])
  return [...versions].every((version) => Math.abs((seen[version] ?? 0) - (wanted[version] ?? 0)) < TOLERANCE)
}

function trafficStep(settings: Settings, context: RouterContext, table: RoutingTable): CapsuleStep {
  const set = programShell(setProgram(settings, context, table.weights, table), {
    system: `router ${context.name}`,
    env: chosenVariables(context.env, ['HOME', 'USER', 'LANG']),
    timeoutMs: settings.commandTimeoutMs,
    install: 'it, or put it on PATH',
  })
  return {
    stage: 'traffic',
    title: describeWeights(table.weights),
    shell: settings.current === undefined ? `${set}\n${rememberShell(context, table)}` : set,
    files: {},
  }
}

/** Where the router cannot be asked, what was told it last is all there is to know. */
function rememberShell(context: RouterContext, table: RoutingTable): string {
  const file = join(routerDirectory(context), 'table.json')
  const [path, draft] = [quoteWord(file), quoteWord(`${file}.capsule`)]
  const folder = quoteWord(routerDirectory(context))
  return `mkdir -p ${folder}\nprintf '%s' ${quoteWord(JSON.stringify(table))} > ${draft}\nmv ${draft} ${path}`
}

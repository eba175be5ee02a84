// Whether a process runs, since when, and how often it was started again: kept by pm2, by systemd, or known by a file with its id.
import { resolve } from 'node:path'
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Measurement, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { pattern, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'
import { pm2States } from './process/pm2.ts'
import type { ProcessState, States } from './process/process-state.ts'
import { systemdState } from './process/systemd.ts'
import { readPid, running } from './running.ts'

const SOURCES = ['pm2', 'systemd', 'pidFile'] as const

const schema = z
  .strictObject({
    pm2: z.string().min(1).optional().describe('name of a process that pm2 keeps (PM2_HOME says which pm2)'),
    systemd: z
      .string()
      .regex(/^[^-\s/][^\s/]*$/, 'not the name of a unit')
      .optional()
      .describe('unit that systemd keeps, as "shop.service"'),
    user: z.boolean().default(false).describe("whether that unit is of this user's systemd, not of the system's"),
    pidFile: z.string().min(1).optional().describe('file that holds the id of the process'),
    instancesMin: z.number().int().min(1).default(1).describe('processes of this name that must be up, at least'),
    uptimeMin: durationOption.optional().describe('how long each must have run without a restart, as "24 h"'),
    restartsMax: z
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe('how often each may have been started again, as pm2 and systemd count it'),
    version: z.string().min(1).optional().describe('version each must have, as pm2 takes it from package.json'),
    commandMatches: pattern
      .optional()
      .describe('regular expression that program and arguments (of pm2: the script) must match'),
    timeoutMs: timeoutMs(10_000).describe('how long to wait for pm2 or systemctl'),
  })
  .refine(
    (o) => SOURCES.filter((source) => o[source] !== undefined).length === 1,
    'give one of pm2, systemd and pidFile',
  )
  .refine(
    (o) => o.pidFile === undefined || o.restartsMax === undefined,
    'nobody counts the restarts of a process that is known by its id alone; use uptimeMin',
  )
  .refine((o) => o.pm2 !== undefined || o.version === undefined, 'only pm2 knows a version')

type Options = z.infer<typeof schema>

export const processUp = defineCheck({
  id: 'process-up',
  summary: 'looks whether a process of pm2, systemd or a pid file is up, since when and after how many restarts',
  options: schema,
  example: { pm2: 'shop', instancesMin: 2, uptimeMin: '24 h', restartsMax: 0 },
  failingExample: { pidFile: 'no-such.pid' },
  secretFields: [],
  remedy: 'read its log, put right what ends it, and start it again',
  needs: 'pm2 or systemctl, where they keep the process',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:if|alert\w*|create[ds]?|enable|restart(?:ed)?|reload|stop(?:ped)?|start\b|configured|installed|not|starts on boot|at boot)\b/i.test(
        sentence,
      )
    )
      return null
    const calm = find(sentence, /\b(?:no|zero|without(?: a| any)?) restarts?\b/i)
    const claim = calm ?? find(sentence, /\b(?:(?:is |are )?(?:running|online|active|up))\b/i)
    const keeper = find(sentence, /\bpm2\b|\bsystemd\b/i)
    if (!claim || !keeper) return null
    const names = item.code
      .map((span) => span.trim())
      .filter((span) => /^[\w@.-]+$/.test(span) && !/^(?:pm2|systemd|systemctl)$/i.test(span))
    const [name, ...others] = names
    if (!name || others.length > 0 || isPlaceholder(name)) return null
    const stretch = item.thresholds.find(
      ({ unit, operator, value }) => unit === 'ms' && operator.startsWith('>') && value !== null,
    )
    const soak = calm === null ? {} : stretch?.value ? { uptimeMin: stretch.value } : { restartsMax: 0 }
    const place = /pm2/i.test(keeper) ? { pm2: name } : { systemd: name.includes('.') ? name : `${name}.service` }
    return propose(SURE.said, { ...place, ...soak }, [keeper, name, claim])
  },

  describe(options) {
    const claims = [
      options.instancesMin > 1 ? `at least ${options.instancesMin} up` : 'up',
      options.uptimeMin === undefined ? '' : `for at least ${formatDuration(options.uptimeMin)}`,
      options.restartsMax === undefined ? '' : `at most ${plural(options.restartsMax, 'restart')}`,
      options.version === undefined ? '' : `version ${options.version}`,
      options.commandMatches === undefined ? '' : `command like /${options.commandMatches}/`,
    ]
    return `${nameOf(options)}: ${claims.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const states = await statesOf(options, context)
      if ('untold' in states) return unverified(`${nameOf(options)}: ${states.untold}`, { remedy: states.remedy })
      if ('down' in states) return failed(states.down)
      return judge(options, states.processes)
    }),
})

function statesOf(options: Options, context: CheckContext): Promise<States> {
  if (options.pm2 !== undefined) return pm2States(options.pm2, context, options.timeoutMs)
  if (options.systemd !== undefined) return systemdState(options.systemd, options.user, context, options.timeoutMs)
  return byPidFile(options.pidFile ?? '', context)
}

async function byPidFile(file: string, context: CheckContext): Promise<States> {
  const pid = await readPid(resolve(context.directory, file))
  if (typeof pid === 'object')
    return pid.missing
      ? { down: `there is no ${file}` }
      : { untold: pid.error, remedy: 'see that it is the file in which the process writes its id' }
  const state = await running(pid)
  if (!state) return { down: `process ${pid} of ${file} does not run` }
  return {
    processes: [{ name: `process ${pid}`, isUp: true, status: 'running', restarts: null, version: null, ...state }],
  }
}

function judge(options: Options, processes: readonly ProcessState[]): Outcome {
  const up = processes.filter(({ isUp }) => isUp)
  const measurements = measurementsOf(up)
  const lines = processes.slice(0, 100).map((state) => `${state.name}: ${sentenceFor(state)}`)
  const extra = {
    measurements,
    evidence: [{ name: 'processes', mediaType: 'text/plain' as const, content: lines.join('\n') }],
  }
  const seen =
    lines.length === 1 ? (lines[0] ?? '') : `${up.length} of ${processes.length} processes of ${nameOf(options)} are up`
  const wrong: string[] = []
  const unknown: string[] = []
  if (up.length < options.instancesMin)
    wrong.push(
      options.instancesMin > 1
        ? `at least ${options.instancesMin} wanted`
        : `${processes[0]?.status ?? 'gone'}, up is wanted`,
    )
  for (const state of up) {
    const { wrong: bad, unknown: unclear } = complaints(options, state)
    wrong.push(...bad.map((text) => (processes.length > 1 ? `${state.name}: ${text}` : text)))
    unknown.push(...unclear.map((text) => (processes.length > 1 ? `${state.name}: ${text}` : text)))
  }
  if (wrong.length > 0) return failed(`${seen}; ${wrong.slice(0, 5).join('; ')}`, extra)
  if (unknown.length > 0)
    return unverified(`${seen}; ${unknown.slice(0, 5).join('; ')}`, {
      ...extra,
      remedy: 'run gonogo as the user of the process, where all of it can be seen',
    })
  return passed(seen, extra)
}

/** What is not as wanted, and what nobody can tell. */
function complaints(options: Options, state: ProcessState): { wrong: string[]; unknown: string[] } {
  const wrong: string[] = []
  const unknown: string[] = []
  const compare = <T>(what: string, value: T | null, isRight: (value: T) => boolean, wanted: string): void => {
    if (value === null) unknown.push(`its ${what} is not known`)
    else if (!isRight(value)) wrong.push(wanted)
  }
  const { uptimeMin, restartsMax, version, commandMatches } = options
  if (uptimeMin !== undefined)
    compare('uptime', state.uptimeMs, (ms) => ms >= uptimeMin, `up for at least ${formatDuration(uptimeMin)} wanted`)
  if (restartsMax !== undefined)
    compare(
      'number of restarts',
      state.restarts,
      (n) => n <= restartsMax,
      `at most ${plural(restartsMax, 'restart')} wanted`,
    )
  if (version !== undefined) compare('version', state.version, (it) => it === version, `version ${version} wanted`)
  if (commandMatches !== undefined)
    compare(
      'command',
      state.command,
      (it) => new RegExp(commandMatches).test(it),
      `a command like /${commandMatches}/ wanted`,
    )
  return { wrong, unknown }
}

function measurementsOf(up: readonly ProcessState[]): Measurement[] {
  const uptimesMs = up.flatMap(({ uptimeMs }) => (uptimeMs === null ? [] : [uptimeMs]))
  const restarts = up.flatMap((state) => (state.restarts === null ? [] : [state.restarts]))
  return [
    { name: 'processes up', value: up.length, unit: 'count' },
    ...(uptimesMs.length > 0
      ? [{ name: 'shortest uptime', value: Math.round(Math.min(...uptimesMs) / 1000), unit: 's' }]
      : []),
    ...(restarts.length > 0 ? [{ name: 'most restarts', value: Math.max(...restarts), unit: 'count' }] : []),
  ]
}

function sentenceFor({ status, uptimeMs, restarts, version }: ProcessState): string {
  return [
    status.slice(0, 100),
    uptimeMs === null ? '' : `for ${formatDuration(uptimeMs)}`,
    restarts === null ? '' : plural(restarts, 'restart'),
    version === null ? '' : `version ${version.slice(0, 60)}`,
  ]
    .filter(Boolean)
    .join(', ')
}

function nameOf({ pm2, systemd, pidFile }: Options): string {
  return pm2 === undefined ? (systemd ?? `process of ${pidFile}`) : `pm2 process ${pm2}`
}

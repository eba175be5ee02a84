// Maintenance: workers stop by a flag that they heed, what they have under way is waited for, and afterwards they go on.
import { z } from 'zod'
import { durationOption } from '../lib/duration-option.ts'
import { formatDuration } from '../lib/duration.ts'
import { messageOf } from '../lib/errors.ts'
import { pause } from '../lib/deadline.ts'
import { plural } from '../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../plan/outcome.ts'
import { defineAction, type ActionContext } from './action.ts'
import { clearFlag, flagSchema, flagInWords, isFlagSet, setFlag } from './maintenance/flag.ts'
import { depthOf, queueInWords, queueSchema } from './maintenance/queue.ts'

const schema = z.strictObject({
  do: z.enum(['enter', 'leave']).default('enter').describe('stop the workers and wait for them, or let them go on'),
  flag: flagSchema.describe('what the workers heed: a file, a key of Redis, or commands'),
  queues: z.array(queueSchema).max(100).default([]).describe('what must be empty before it counts as entered'),
  drain: durationOption
    .default(300_000)
    .describe('how long the queues may take; then the workers go on and it has failed'),
  every: durationOption.default(1000).describe('how often the queues are looked at'),
})

type Options = z.output<typeof schema>

export const maintenance = defineAction<Options>({
  id: 'maintenance',
  summary: 'stops workers by a flag, waits until their queues are empty, and lets them go on afterwards',
  options: schema as z.ZodType<Options>,
  example: { flag: { file: 'tmp/workers-paused' }, queues: [{ command: ['node', 'jobs-left.js'] }], drain: '5 min' },
  failingExample: { flag: { stop: ['no-such-program'], start: ['true'], isStopped: ['false'] } },
  secretFields: ['redis', 'url', 'headers'],
  reversibility: () => 'compensable',

  describe({ do: what, flag, queues, drain: withinMs }) {
    if (what === 'leave') return `let the workers go on: ${flagInWords(flag, false)}; undo: stop them again`
    const waits =
      queues.length > 0
        ? `, then wait up to ${formatDuration(withinMs)} for ${queues.map(queueInWords).join(', ')}`
        : ''
    return `stop the workers: ${flagInWords(flag, true)}${waits}; undo: let them go on`
  },

  run: (options, context) => (options.do === 'enter' ? enter(options, context) : leave(options, context)),

  async verify(options, context) {
    const isSet = await isFlagSet(options.flag, context).catch(() => null)
    if (isSet === null) return 'unknown'
    if (options.do === 'leave') return isSet ? 'not-done' : 'done'
    if (!isSet) return 'not-done'
    const left = await totalLeft(options, context).catch(() => null)
    // Entering may be done again: the flag stays, the queues are waited for.
    return left === 0 ? 'done' : 'not-done'
  },

  /** Entering again waits for the queues as the first time: what is taken back after it must find the workers at rest. */
  undo: (options, context) => (options.do === 'enter' ? leave(options, context) : enter(options, context)),
})

async function enter(options: Options, context: ActionContext): Promise<Outcome> {
  try {
    await setFlag(options.flag, context)
    const drained = await drain(options, context)
    if (drained.left === 0) return passed(`the workers rest: ${drained.words}`, { measurements: drained.measurements })
    await clearFlag(options.flag, context)
    const remedy = 'see why the workers do not finish, or give them longer with "drain"'
    return failed(`${drained.words}; the workers go on`, { measurements: drained.measurements, remedy })
  } catch (error) {
    return giveUp(options, context, error)
  }
}

/** Nothing half-done: workers that were stopped in vain go on. */
async function giveUp({ flag }: Options, context: ActionContext, error: unknown): Promise<Outcome> {
  const problem = await clearFlag(flag, { ...context, signal: AbortSignal.timeout(CLEAR_MS_MAX) }).then(
    () => 'the workers go on',
    (second: unknown) => `and the flag could not be taken back: ${messageOf(second)}`,
  )
  return (context.signal.aborted ? unverified : failed)(`${messageOf(error)}; ${problem}`, {
    remedy: 'see that the flag and the queues can be reached',
  })
}

const CLEAR_MS_MAX = 10_000

async function leave({ flag }: Options, context: ActionContext): Promise<Outcome> {
  try {
    await clearFlag(flag, context)
    return passed('the workers go on')
  } catch (error) {
    return failed(messageOf(error), { remedy: 'see that the flag can be reached' })
  }
}

interface Drained {
  /** Null: nobody could tell. */
  left: number
  words: string
  measurements: Outcome['measurements']
}

async function drain(options: Options, context: ActionContext): Promise<Drained> {
  const { queues, drain: withinMs, every } = options
  if (queues.length === 0) return { left: 0, words: 'nothing is waited for', measurements: [] }
  const startedAt = performance.now()
  const first = await totalLeft(options, context)
  let left = first
  while (left > 0 && performance.now() - startedAt < withinMs) {
    context.progress(`${plural(left, 'job')} left`)
    await pause(Math.min(every, Math.max(1, withinMs - (performance.now() - startedAt))), context.signal)
    context.signal.throwIfAborted()
    left = await totalLeft(options, context)
  }
  const took = formatDuration(performance.now() - startedAt)
  const words =
    left === 0 ? `${plural(first, 'job')} done in ${took}` : `${plural(left, 'job')} of ${first} left after ${took}`
  return { left, words, measurements: [{ name: 'jobs left', value: left, unit: 'count' }] }
}

async function totalLeft({ queues }: Options, context: ActionContext): Promise<number> {
  const depths = await Promise.all(queues.map((queue) => depthOf(queue, context)))
  return depths.reduce((sum, depth) => sum + depth, 0)
}

// Whether the services of a compose project run, are healthy, and do not restart.
import { resolve } from 'node:path'
import { z } from 'zod'
import { plural } from '../../lib/plural.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { docker, engineFields, engineOf } from './docker.ts'
import { plainName } from './kubernetes/kubectl.ts'
import { ask, couldNotLook, nonsense, type Answer } from './program.ts'
import { outcomeOf } from './report.ts'

const CONTAINERS_MAX = 2000

const schema = z.strictObject({
  ...engineFields,
  files: z
    .array(z.string().min(1))
    .max(20)
    .default([])
    .describe('compose files; without them the usual ones of the directory'),
  project: plainName.optional().describe('name of the project; without it compose decides'),
  services: z
    .array(plainName)
    .min(1)
    .max(200)
    .optional()
    .describe('services that must run; without it all of the compose files'),
  oneShot: z
    .array(plainName)
    .max(200)
    .default([])
    .describe('services that do their work and end: they must have exited with 0'),
  healthy: z
    .boolean()
    .default(false)
    .describe('whether every service must have a health check; one that has must always be healthy'),
  restartsMax: z.number().int().min(0).optional().describe('restarts of any one container, at most'),
})

type Options = z.infer<typeof schema>

const containerSchema = z.object({
  ID: z.string().regex(/^[0-9a-f]{12,64}$/),
  Name: z.string(),
  Service: z.string(),
  State: z.string(),
  Health: z.string().nullish(),
  ExitCode: z.number().nullish(),
})

type Container = z.infer<typeof containerSchema>

export const composeServices = defineCheck({
  id: 'compose-services',
  summary: 'judges the services of a compose project: running, healthy, without restarts',
  options: schema,
  example: { files: ['compose.yaml'], services: ['web', 'db'], oneShot: ['migrate'], restartsMax: 0 },
  failingExample: { project: 'shop', services: ['no-such-service'] },
  secretFields: [],
  remedy: 'read `docker compose ps --all` and `docker compose logs` of the services it names',
  needs: 'docker with its compose plug-in',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\b(?:all )?(?:docker )?(?:containers?|compose services|docker services)\b[^.\n]{0,10}\b(?:are |is )?(?:running|healthy|up(?! to| the))\b|\bdocker[- ]compose ps\b/i,
    )
    const otherwise =
      /\b(?:if|alerts?|monitor\w*|when|scan\w*|kubernetes|k8s|pods?|registry|as root|non-root|build|database container|should|after|logs?)\b/i
    if (!claim || otherwise.test(words) || !/\b(?:all|every|containers|services|ps)\b/i.test(claim)) return null
    const file = /\bdocker[- ]compose (?:-f|--file) ([\w./-]+\.ya?ml)\b/.exec(words)?.[1]
    const options = file ? { files: [file] } : {}
    return propose(
      SURE.likely,
      options,
      [claim],
      file ? undefined : 'no compose file in the words: the usual one is assumed',
    )
  },

  describe(options) {
    const { services, oneShot, healthy, restartsMax, files } = options
    const bounds = [
      `run${healthy ? ' and are healthy' : ', healthy where they can tell'}`,
      restartsMax === undefined ? '' : `at most ${plural(restartsMax, 'restart')} of a container`,
      oneShot.length > 0 ? `${oneShot.join(', ')} ended well` : '',
    ]
    const of = files.length > 0 ? ` of ${files.join(', ')}` : ''
    return `${services?.join(', ') ?? 'all services'}${of} at ${engineOf(options)}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => lookAtServices(options, context)),
})

function compose(options: Options, directory: string, ...args: string[]) {
  const { files, project } = options
  const where = [
    ...files.map((file) => `--file=${resolve(directory, file)}`),
    ...(project === undefined ? [] : [`--project-name=${project}`]),
  ]
  return docker(options, 'compose', ...where, ...args)
}

async function lookAtServices(options: Options, context: CheckContext): Promise<Outcome> {
  const found = await ask(context, compose(options, context.directory, 'ps', '--all', '--format=json'))
  if (!found.ok) return couldNotLook(found)
  const containers = readContainers(found.value)
  if (!containers) return couldNotLook(nonsense('docker', 'what it printed is no list of containers'))
  const wanted = await wantedServices(options, context)
  if (!wanted.ok) return couldNotLook(wanted)
  if (wanted.value.length === 0)
    return unverified('there are no services to look at', { remedy: 'name the services, or the compose files' })
  const chosen = containers.filter(({ Service }) => wanted.value.includes(Service))
  const restarts = options.restartsMax === undefined ? null : await restartsOf(chosen, options, context)
  if (restarts && !restarts.ok) return couldNotLook(restarts)
  return judge(options, wanted.value, chosen, restarts?.value ?? null)
}

/** A line of JSON a container; older ones print one list. */
function readContainers(text: string): Container[] | null {
  try {
    const trimmed = text.trim()
    if (trimmed === '') return []
    const rows: unknown = trimmed.startsWith('[')
      ? JSON.parse(trimmed)
      : trimmed.split('\n', CONTAINERS_MAX).map((line) => JSON.parse(line) as unknown)
    return z.array(containerSchema).max(CONTAINERS_MAX).safeParse(rows).data ?? null
  } catch {
    return null
  }
}

async function wantedServices(options: Options, context: CheckContext): Promise<Answer<string[]>> {
  if (options.services) return { ok: true, value: [...new Set([...options.services, ...options.oneShot])] }
  const answer = await ask(context, compose(options, context.directory, 'config', '--services'))
  return answer.ok
    ? {
        ok: true,
        value: answer.value
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean),
      }
    : answer
}

/** Of each container, in the order given. */
async function restartsOf(
  containers: readonly Container[],
  options: Options,
  context: CheckContext,
): Promise<Answer<number[]>> {
  if (containers.length === 0) return { ok: true, value: [] }
  const ids = containers.map(({ ID }) => ID)
  const answer = await ask(context, docker(options, 'inspect', '--format={{.RestartCount}}', ...ids))
  if (!answer.ok) return answer
  const lines = answer.value.trim().split('\n')
  return lines.length === ids.length && lines.every((line) => /^\d+$/.test(line))
    ? { ok: true, value: lines.map(Number) }
    : nonsense('docker', 'it does not say how often the containers restarted')
}

function judge(
  options: Options,
  services: readonly string[],
  containers: readonly Container[],
  restarts: readonly number[] | null,
): Outcome {
  const { restartsMax, oneShot } = options
  const complaints = [
    ...services
      .filter((name) => !containers.some(({ Service }) => Service === name))
      .map((name) => `${name} has no container`),
    ...containers.flatMap((container) => troublesOf(container, options)),
    ...containers.flatMap(({ Name }, index) => {
      const count = restarts?.[index] ?? 0
      return restartsMax !== undefined && count > restartsMax
        ? [`${Name} restarted ${count} times, at most ${restartsMax} wanted`]
        : []
    }),
  ]
  const running = containers.filter(({ State }) => State === 'running').length
  return outcomeOf({
    seen: `${plural(services.length, 'service')} with ${plural(containers.length, 'container')}, ${running} running`,
    complaints,
    lines: containers.map(
      ({ Name, State, Health, ExitCode }) =>
        `${Name}: ${State} ${Health || 'without health check'}, exit code ${ExitCode ?? 0}`,
    ),
    measurements: [
      { name: 'containers', value: containers.length, unit: 'count' },
      { name: 'containers running', value: running, unit: 'count' },
      ...(restarts ? [{ name: 'most restarts of a container', value: Math.max(0, ...restarts), unit: 'count' }] : []),
    ],
    ...(oneShot.length > 0
      ? {}
      : { remedy: 'read `docker compose logs` of what it names; a service that ends by itself belongs in oneShot' }),
  })
}

function troublesOf({ Name, Service, State, Health, ExitCode }: Container, { oneShot, healthy }: Options): string[] {
  if (oneShot.includes(Service))
    return State === 'exited' && ExitCode === 0
      ? []
      : [`${Name} is ${State} (exit code ${ExitCode ?? 'unknown'}), it should have ended well`]
  if (State !== 'running')
    return [`${Name} is ${State}${State === 'exited' ? ` (exit code ${ExitCode ?? 'unknown'})` : ''}`]
  if (Health) return Health === 'healthy' ? [] : [`${Name} is ${Health}`]
  return healthy ? [`${Name} has no health check`] : []
}

// gonogo router: who gets the traffic, and holding, closing, upgrading what gives it to them.
import { openProject, surroundingsOf } from '../../app/project.ts'
import { routersOf, type NamedRouter } from '../../app/routers.ts'
import { armedRuns } from '../../conduct/capsule.ts'
import { OutsideError, PlanError } from '../../lib/errors.ts'
import { describeWeights, type RoutingTable } from '../../plan/traffic.ts'
import { oneOf, print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { lookAt, routerText } from '../router/router-text.ts'
import { mark } from '../screen.ts'

const VERBS = ['show', 'pause', 'resume', 'close', 'open', 'upgrade'] as const
type Verb = (typeof VERBS)[number]

interface RouterOptions extends GlobalOptions {
  message?: string
  format: string
}

const CLOSED_TEXT = 'The service is being worked on and will be back shortly.'

/** Exit 0 when all was done; showing: 0 when every router gives traffic to somebody, else 1. */
export async function router(verb: string | undefined, name: string | undefined, options: RouterOptions) {
  const format = oneOf('--format', options.format, ['text', 'json'])
  const wanted = oneOf('gonogo router', verb ?? 'show', VERBS)
  if (options.message !== undefined && wanted !== 'close')
    throw new PlanError('--message goes with close', { hint: 'gonogo router close --message "..."' })
  const project = await openProject(options.project)
  const routers = routersOf(project, surroundingsOf(project, project.config.environment), name)
  if (wanted === 'show') return show(routers, format)
  const only = theOnly(routers)
  const done = await DEEDS[wanted](only, options)
  const [live] = armedRuns(project.stateDirectory)
  const note =
    live && wanted !== 'upgrade' ? `run ${live} is under way: its next change of weights takes this back` : null
  if (format === 'json') print(JSON.stringify({ router: only.name, done, ...(note ? { note } : {}) }, null, 2))
  else {
    print(`${mark('passed')} router ${only.name}: ${done}`)
    if (note) print(`${mark('unverified')} ${note}`)
  }
  return EXIT.ok
}

async function show(routers: readonly NamedRouter[], format: 'text' | 'json'): Promise<number> {
  const looks = await Promise.all(routers.map(lookAt))
  if (format === 'json') print(JSON.stringify({ routers: looks }, null, 2))
  else print(looks.map(routerText).join('\n\n'))
  return looks.every(({ state }) => state === 'open') ? EXIT.ok : EXIT.no
}

const DEEDS: Record<Exclude<Verb, 'show'>, (named: NamedRouter, options: RouterOptions) => Promise<string>> = {
  pause: async (named) => {
    if (!named.abilities.hold) throw cannot(named, 'hold requests')
    await change(named, (table) => ({ ...table, hold: true }))
    return 'holds new requests; `gonogo router resume` lets them go'
  },
  resume: async (named) => {
    const { weights } = await change(named, (table) => without('hold', table))
    return `what was held goes on: ${describeWeights(weights)}`
  },
  close: async (named, { message = CLOSED_TEXT }) => {
    if (!named.abilities.close) throw cannot(named, 'answer in the place of the service')
    await change(named, (table) => ({ ...table, closed: message }))
    return `closed: every request is answered 503 "${message}"; \`gonogo router open\` opens it`
  },
  open: async (named) => {
    const { weights } = await change(named, (table) => without('closed', table))
    return `open: ${describeWeights(weights)}`
  },
  upgrade: async ({ name, router: running, description }) => {
    if (!running.upgrade || !running.health)
      throw new PlanError(`router ${name} (${description}) is no process of gonogo: there is nothing to upgrade`)
    const before = await running.health()
    await running.upgrade()
    const after = await running.health()
    return `process ${after?.pid ?? '?'} (gonogo ${after?.version ?? '?'}) took over from process ${before?.pid ?? '?'}`
  },
}

/** Puts a changed table in force. @returns it */
async function change(
  { name, router: running }: NamedRouter,
  changed: (table: RoutingTable) => RoutingTable,
): Promise<RoutingTable> {
  const table = await running.current()
  if (!table)
    throw new OutsideError(`router ${name}`, 'it has no table: nothing is delivered yet', { hint: 'gonogo up' })
  const next = changed(table)
  await running.set(next)
  return next
}

function without(state: 'hold' | 'closed', table: RoutingTable): RoutingTable {
  const { [state]: _before, ...rest } = table
  return rest
}

function cannot({ name, description }: NamedRouter, what: string): PlanError {
  return new PlanError(`router ${name} (${description}) cannot ${what}`, { hint: 'the kind builtin-proxy can' })
}

function theOnly(routers: readonly NamedRouter[]): NamedRouter {
  const [only] = routers
  if (only && routers.length === 1) return only
  throw new PlanError('there are several routers', { expected: `one of ${routers.map(({ name }) => name).join(', ')}` })
}

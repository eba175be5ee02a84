// Router kind `builtin-proxy`: gonogo's own reverse proxy, a process that outlives whoever started it.
import type { VersionCounters } from '../plan/signal.ts'
import { describeWeights } from '../plan/traffic.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import type { CapsuleStep } from '../plan/way-back.ts'
import { poll, withDeadline } from '../lib/deadline.ts'
import { entryPoint } from '../lib/entry-point.ts'
import { OutsideError } from '../lib/errors.ts'
import { canonicalJson } from '../lib/hash.ts'
import { plural } from '../lib/plural.ts'
import { identify, isAlive } from '../lib/process-identity.ts'
import type { ProxyHealth } from './builtin-proxy/admin.ts'
import { trafficStep } from './builtin-proxy/capsule.ts'
import { proxyDirectory, proxyPaths } from './builtin-proxy/paths.ts'
import type { ProxyPaths } from './builtin-proxy/paths.ts'
import { settingsSchema } from './builtin-proxy/settings.ts'
import type { ProxySettings } from './builtin-proxy/settings.ts'
import { askKept, bringUpToDate, ensureRunning, proxyHealth, upgrade } from './builtin-proxy/starting.ts'
import { defineRouter } from './router.ts'
import type { Router, RouterContext, RouterHealth } from './router.ts'

const ASK_TIMEOUT_MS = 5000
/** Longer than the proxy gives the requests under way. */
const STOP_TIMEOUT_MS = 35_000

type Method = 'GET' | 'PUT' | 'POST'

export const builtinProxy = defineRouter<ProxySettings>({
  id: 'builtin-proxy',
  summary: "gonogo's own HTTP proxy: weights, sticky clients, preview header, safe retry, figures per version",
  options: settingsSchema,
  example: { listen: { port: 8080 } },
  failingExample: { listen: { port: 80_800 } },
  secretFields: [],
  abilities: ({ previewHeader }) => ({
    weights: 'any',
    reaches: 'addresses',
    counts: true,
    preview: previewHeader !== null,
    hold: true,
    close: true,
    mirror: true,
  }),
  describe: ({ listen }) => `built-in proxy on ${listen.host}:${listen.port}`,
  plan: (_, weights, { name }) => [`PUT /table over the admin socket of router ${name}: ${describeWeights(weights)}`],
  create: (settings, context) => new BuiltinProxy(settings, context),
})

class BuiltinProxy implements Router {
  readonly #settings: ProxySettings
  readonly #name: string
  readonly #system: string
  readonly #paths: ProxyPaths
  /** The proxy ran with these settings when it was last told something: they cannot have changed since. */
  #isPrepared = false

  constructor(settings: ProxySettings, context: RouterContext) {
    this.#settings = settings
    this.#name = context.name
    this.#system = `router ${context.name}`
    this.#paths = proxyPaths(proxyDirectory(context.stateDirectory, context.name))
  }

  async current(): Promise<RoutingTable | null> {
    const answer = await this.#ask('GET', '/table', withDeadline(ASK_TIMEOUT_MS))
    return answer as RoutingTable | null
  }

  async set(table: RoutingTable): Promise<void> {
    const body = canonicalJson(table)
    // In a hurry, as a way back is, traffic comes first: one question to a busy proxy costs as much as all it has under way.
    if (!this.#isPrepared || (await this.#ask('PUT', '/table', withDeadline(ASK_TIMEOUT_MS), body)) === null) {
      await this.#prepare()
      await this.#askRunning('PUT', '/table', withDeadline(ASK_TIMEOUT_MS), body)
      this.#isPrepared = true
    }
    if (canonicalJson(await this.current()) !== canonicalJson(table))
      throw new OutsideError(this.#system, 'another table is in force than the one just set', {
        retryable: true,
        hint: 'is somebody else switching traffic?',
      })
  }

  async drain(version: string, timeoutMs: number): Promise<boolean> {
    const query = `/drain?version=${encodeURIComponent(version)}&timeoutMs=${timeoutMs}`
    const answer = await this.#askRunning('POST', query, withDeadline(timeoutMs + ASK_TIMEOUT_MS))
    return (answer as { drained: boolean }).drained
  }

  async counters(signal: AbortSignal): Promise<VersionCounters[]> {
    return (await this.#askRunning('GET', '/counters', withDeadline(ASK_TIMEOUT_MS, signal))) as VersionCounters[]
  }

  async stop(): Promise<void> {
    const health = await proxyHealth(this.#system, this.#paths)
    const process = health && identify(health.pid)
    if (!process) return
    await this.#ask('POST', '/shutdown', withDeadline(ASK_TIMEOUT_MS))
    const ended = await poll(() => (isAlive(process) ? null : true), { everyMs: 10, timeoutMs: STOP_TIMEOUT_MS })
    if (!ended)
      throw new OutsideError(this.#system, `the proxy does not end`, { hint: `\`kill -9 ${process.pid}\` ends it` })
  }

  capsule(table: RoutingTable): CapsuleStep {
    const script = entryPoint(import.meta.url, './builtin-proxy/main')
    return trafficStep(this.#name, this.#paths, table, { node: process.execPath, script })
  }

  async health(): Promise<RouterHealth | null> {
    const health = await proxyHealth(this.#system, this.#paths)
    if (!health) return null
    const { pid, port, settings, build, startedAt, held } = health
    const out = [...new Set([...health.ejected, ...health.broken, ...health.unwell])]
    const address = `${settings.listen.host}:${port}`
    return { pid, address, version: build.version, node: build.node, startedAt, held, out, notes: notesOn(health) }
  }

  async upgrade(): Promise<void> {
    const running = await proxyHealth(this.#system, this.#paths)
    if (!running) throw new OutsideError(this.#system, 'the proxy does not run: there is nothing to upgrade')
    await upgrade(this.#system, this.#paths, this.#settings)
  }

  /** A proxy that runs, with these settings. */
  async #prepare(): Promise<void> {
    const health = await ensureRunning(this.#system, this.#paths, this.#settings)
    await bringUpToDate(this.#system, this.#paths, health, this.#settings)
  }

  async #askRunning(method: Method, path: string, signal: AbortSignal, body?: string): Promise<unknown> {
    const answer = await this.#ask(method, path, signal, body)
    if (answer !== null) return answer
    throw new OutsideError(this.#system, 'the proxy does not run', { retryable: true, hint: `see ${this.#paths.log}` })
  }

  /** The proxy's answer; null when none runs. @throws OutsideError when it refuses. */
  async #ask(method: Method, path: string, signal: AbortSignal, body?: string): Promise<unknown> {
    const answer = await askKept(this.#system, this.#paths, { method, path, signal, body })
    if (answer === null || answer.status === 200) return answer?.body ?? null
    const { error } = answer.body as { error?: string }
    throw new OutsideError(this.#system, `the proxy refuses ${method} ${path}: ${error ?? answer.status}`)
  }
}

function notesOn({ keeperPid, retired, upgradeFailure }: ProxyHealth): string[] {
  const notes: string[] = []
  if (keeperPid === null)
    notes.push('its keeper was killed: nobody starts it again when it dies; an upgrade gives it one')
  if (retired.length > 0)
    notes.push(`${plural(retired.length, 'former process', 'former processes')} still answering what was under way`)
  if (upgradeFailure !== null) notes.push(`the last upgrade did not come about: ${upgradeFailure}`)
  return notes
}

/** Port and processes of the proxy of a router, or null when it does not run: for status pages and demos. */
export async function builtinProxyHealth(
  context: RouterContext,
): Promise<Pick<ProxyHealth, 'port' | 'pid' | 'keeperPid' | 'retired'> | null> {
  return proxyHealth(`router ${context.name}`, proxyPaths(proxyDirectory(context.stateDirectory, context.name)))
}

// What an import has found so far: sources, guards, stages, and what could not be carried over.
import { nearestFreeName, slugOf } from './names.ts'
import type { Keys, Resource } from './resources.ts'

/** A source of kind `prometheus` for gonogo.yaml. */
export interface ImportedSource {
  kind: 'prometheus' | 'router'
  url?: string
  everyMs?: number
  timeoutMs?: number
  queries?: Record<string, ImportedQuery>
}

export interface ImportedQuery {
  query: string
  unit: 'count'
  scope: 'service'
  range?: { overMs: number; stepMs: number; take: 'max' | 'min' }
}

/** An entry of `guards` in gonogo.yaml. */
export type ImportedGuard = { kind: string; title: string } & Record<string, unknown>

/** A stage of the strategy `canary`. */
export interface ImportedStage {
  name: string
  weight: number
  duration: string
}

export interface NotCarriedOver {
  /** File. */
  path: string
  line: number
  /** What stands there: `AnalysisTemplate success-rate: metrics[0].count`. */
  what: string
  /** Why, and what to do instead. */
  why: string
}

export interface Imported {
  /** Name → entry of `signals` in gonogo.yaml. */
  signals: Record<string, ImportedSource>
  /** Name → entry of `guards`. */
  guards: Record<string, ImportedGuard>
  /** Name of the resource → stages of the strategy `canary`. */
  stages: Record<string, ImportedStage[]>
  notCarriedOver: NotCarriedOver[]
}

/** Gathers an import; names that are taken get a number. */
export class Collected implements Imported {
  readonly signals: Record<string, ImportedSource> = {}
  readonly guards: Record<string, ImportedGuard> = {}
  readonly stages: Record<string, ImportedStage[]> = {}
  readonly notCarriedOver: NotCarriedOver[] = []
  readonly #stagesOf = new Map<Resource, ImportedStage[]>()

  /** Notes what is left out. @param keys where it stands in the resource. */
  leaveOut(resource: Resource, keys: Keys, why: string): void {
    const what = `${resource.kind} ${resource.name}${keys.length > 0 ? `: ${pathText(keys)}` : ''}`
    this.notCarriedOver.push({ path: resource.file, line: resource.lineOf(keys), what, why })
  }

  /** Adds a query to the source of its server. @returns the name of its signal. */
  addQuery(
    server: Pick<ImportedSource, 'url' | 'timeoutMs'>,
    wanted: string,
    query: ImportedQuery,
    everyMs: number,
  ): string {
    const taken = Object.values(this.signals).flatMap((source) => Object.keys(source.queries ?? {}))
    const signal = nearestFreeName(slugOf(wanted), taken)
    const found = Object.values(this.signals).find(
      (source) => source.kind === 'prometheus' && source.url === server.url && source.timeoutMs === server.timeoutMs,
    )
    const source = found ?? { kind: 'prometheus', ...server }
    if (!found) this.signals[nearestFreeName('prometheus', Object.keys(this.signals))] = source
    // The source looks as often as the guard that measures most often.
    if (everyMs > 0) source.everyMs = Math.min(everyMs, source.everyMs ?? everyMs, 3_600_000)
    source.queries = { ...source.queries, [signal]: query }
    return signal
  }

  /** The router's own counters give requests, errors and response times. */
  addRouter(): void {
    this.signals.router = { kind: 'router' }
  }

  addGuard(wanted: string, guard: ImportedGuard): void {
    this.guards[nearestFreeName(slugOf(wanted), Object.keys(this.guards))] = guard
  }

  addStages(resource: Resource, stages: ImportedStage[]): void {
    this.stages[nearestFreeName(resource.name, Object.keys(this.stages))] = stages
    this.#stagesOf.set(resource, stages)
  }

  /** Of that very document: several may have the same name. */
  stagesOf(resource: Resource): ImportedStage[] | undefined {
    return this.#stagesOf.get(resource)
  }
}

function pathText(keys: Keys): string {
  return keys
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '')
}

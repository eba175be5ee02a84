// Which signals a configuration gives: what watches and guards may name.
import { kindsOf, findKind, parseOptions } from '../catalog/catalog.ts'
import { PlanError, type PlanErrorPlace } from '../lib/errors.ts'
import type { Config } from './schema.ts'

type Signals = Pick<Config, 'signals'>

/** The options of a source's own kind. */
export function sourceOptions(entry: Config['signals'][string]): Record<string, unknown> {
  const { kind: _kind, prefix: _prefix, ...options } = entry
  return options
}

/** Signal → name of the source under `signals` that gives it; of two the first. */
export function configuredSignals(config: Signals): Map<string, string> {
  const given = new Map<string, string>()
  for (const name of Object.keys(config.signals))
    for (const signal of signalsOf(config, name)) if (!given.has(signal)) given.set(signal, name)
  return given
}

/** @throws PlanError where an earlier source gives a signal of this one already: samples of both would be taken for one series. */
export function requireOwnSignals(config: Signals, name: string, at: PlanErrorPlace): void {
  const own = signalsOf(config, name)
  for (const earlier of Object.keys(config.signals)) {
    if (earlier === name) return
    const taken = signalsOf(config, earlier).find((signal) => own.includes(signal))
    if (taken === undefined) continue
    throw new PlanError(`"${taken}" is given by the source "${earlier}" already`, {
      ...at,
      expected: 'a signal from one source only',
      hint: `tell them apart: "prefix: ${name}-" makes it "${name}-${taken}"`,
    })
  }
}

function signalsOf({ signals }: Signals, name: string): string[] {
  const entry = signals[name]
  if (!entry) return []
  const place = { path: `signals/${name}` }
  const source = findKind('source', entry.kind, place)
  const { prefix = '' } = entry
  return source.signals(parseOptions(source.options, sourceOptions(entry), place)).map((signal) => prefix + signal)
}

/** The source kinds that would give a signal. */
export function kindsGiving(signal: string): string[] {
  return kindsOf('source')
    .filter(({ options, example, signals }) => signals(options.parse(example)).includes(signal))
    .map(({ id }) => id)
}

/** Signal → how often its source looks, where the source says so: one that does not looks at every tick of the sampling. */
export function signalIntervals(config: Signals): Record<string, number> {
  const intervals: Record<string, number> = {}
  for (const [signal, name] of configuredSignals(config)) {
    const entry = config.signals[name]
    if (!entry) continue
    const place = { path: `signals/${name}` }
    const { everyMs } = parseOptions<unknown>(
      findKind('source', entry.kind, place).options,
      sourceOptions(entry),
      place,
    ) as {
      everyMs?: unknown
    }
    if (typeof everyMs === 'number') intervals[signal] = everyMs
  }
  return intervals
}

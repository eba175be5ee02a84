// Which signals a configuration gives: what watches and guards may name.
import { catalog, findKind, parseOptions } from '../catalog/catalog.ts'
import type { Config } from './schema.ts'

/** Signal → name of the source under `signals` that gives it. */
export function configuredSignals({ signals }: Pick<Config, 'signals'>): Map<string, string> {
  const given = new Map<string, string>()
  for (const [name, { kind, ...options }] of Object.entries(signals)) {
    const place = { path: `signals/${name}` }
    const source = findKind('source', kind, place)
    for (const signal of source.signals(parseOptions(source.options, options, place)))
      if (!given.has(signal)) given.set(signal, name)
  }
  return given
}

/** The source kinds that would give a signal. */
export function kindsGiving(signal: string): string[] {
  return catalog.source
    .filter(({ options, example, signals }) => signals(options.parse(example)).includes(signal))
    .map(({ id }) => id)
}

// How two columns of different engines are read so that equal values have equal texts.
import type { ValueClass } from '../../databases/canonical.ts'

/** `any`: holds whatever it is given. */
export type DeclaredKind =
  | 'integer'
  | 'float'
  | 'decimal'
  | 'boolean'
  | 'timestamp'
  | 'bytes'
  | 'uuid'
  | 'json'
  | 'text'
  | 'any'

/** An engine whose columns hold other values than declared gives them as double precision or as text. */
export type SideEngine = 'sqlite' | 'postgres' | 'neo4j'

/** What a declared type holds: `bigint`, `timestamp with time zone`, `VARCHAR(20)`, `DATETIME`. */
export function declaredKind(engine: SideEngine, type: string): DeclaredKind {
  const name = type.toLowerCase()
  if (name === '' || name === 'any') return 'any'
  if (name.endsWith('[]')) return 'text'
  if (name.startsWith('bool')) return 'boolean'
  if (/^(?:timestamp|date|datetime)/.test(name)) return 'timestamp'
  if (name.startsWith('uuid')) return 'uuid'
  if (name.startsWith('json')) return 'json'
  if (/^interval|^point|range$/.test(name)) return 'text'
  if (/int|serial/.test(name)) return 'integer'
  if (/char|clob|text/.test(name)) return 'text'
  if (/blob|bytea/.test(name)) return 'bytes'
  if (/real|floa|doub/.test(name)) return 'float'
  // SQLite keeps decimals as double precision.
  if (/numeric|decimal/.test(name)) return engine === 'sqlite' ? 'float' : 'decimal'
  return engine === 'sqlite' ? 'any' : 'text'
}

/** Kinds that decide for both sides, the strongest first. */
const DECISIVE = ['json', 'bytes', 'uuid', 'timestamp', 'boolean'] as const

/** The class under which both columns are read. */
export function sharedClass(left: DeclaredKind, right: DeclaredKind): ValueClass {
  const [a, b] = left === 'any' ? [right, right] : right === 'any' ? [left, left] : [left, right]
  for (const kind of DECISIVE) if (a === kind || b === kind) return kind
  const has = (kind: DeclaredKind): boolean => a === kind || b === kind
  if (has('any') || has('float')) return 'number'
  if (has('decimal')) return 'decimal'
  return has('text') ? 'text' : 'integer'
}

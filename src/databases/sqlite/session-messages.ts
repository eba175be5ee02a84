// What a session's two processes say to each other.
import type { Row, Value } from '../database.ts'

export interface SessionOptions {
  path: string
  mode: 'read' | 'write'
  lockTimeoutMs: number
}

export type SessionQuestion =
  | { type: 'open'; options: SessionOptions }
  | { type: 'all' | 'run'; sql: string; parameters: readonly Value[] }

export type SessionAnswer =
  | { value: Row[] | number }
  | { problem: { message: string; retryable: boolean; hint?: string } }

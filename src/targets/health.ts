// When an instance is healthy: what is asked of it, how often, and what is the right answer.
import { z } from 'zod'
import { milliseconds } from '../lib/milliseconds-option.ts'

export const healthSchema = z.strictObject({
  kind: z.enum(['http', 'tcp']).default('http').describe('GET `path`, or only a connection'),
  path: z.string().startsWith('/').default('/health').describe('What is asked'),
  status: z.number().int().min(100).max(599).default(200).describe('The answer that is healthy'),
  intervalMs: milliseconds.default(500).describe('How often it is asked'),
  timeoutMs: milliseconds.default(1000).describe('Longest an answer may take'),
  startTimeoutMs: milliseconds.default(30_000).describe('Longest until all instances are healthy'),
  consecutive: z.number().int().min(1).max(100).default(2).describe('So many answers in a row change the verdict'),
})

export type StartHealth = z.output<typeof healthSchema>

/** What is asked of an instance that runs. */
export type Health = Omit<StartHealth, 'startTimeoutMs'>

/** `http://127.0.0.1:3000/health gives 200`, for people. */
export function describeHealth({ kind, path, status }: Health): string {
  return kind === 'http' ? `GET ${path} gives ${status}` : 'it listens'
}

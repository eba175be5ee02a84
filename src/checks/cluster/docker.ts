// docker's argument vectors: which engine is asked.
import { z } from 'zod'
import { timeoutMs } from '../fields.ts'
import { plainName } from './kubernetes/kubectl.ts'
import type { Question } from './program.ts'

/** Which engine is asked. Without them docker decides, by DOCKER_HOST and the current context. */
export const engineFields = {
  host: z
    .string()
    // No password may stand in it, so it is no secret.
    .regex(
      /^(?:unix|tcp|ssh|npipe):\/\/(?:[\w.-]+@)?[^@\s]+$/,
      'not an address of an engine; expected one like "unix:///var/run/docker.sock", without a password',
    )
    .optional()
    .describe('address of the engine: "unix:///var/run/docker.sock", "ssh://deploy@host"; without it the usual one'),
  context: plainName.optional().describe('context of docker; without it the current one'),
  timeoutMs: timeoutMs(20_000).describe('how long each question may take'),
}

export interface EngineOptions {
  host?: string | undefined
  context?: string | undefined
  timeoutMs: number
}

/** `docker ARGS` at the engine of the options. */
export function docker({ host, context, timeoutMs: limitMs }: EngineOptions, ...args: string[]): Question {
  const where = [
    ...(host === undefined ? [] : [`--host=${host}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ]
  return { program: 'docker', args: [...where, ...args], timeoutMs: limitMs }
}

/** In words. */
export function engineOf({ host, context }: EngineOptions): string {
  if (host !== undefined) return `the engine at ${host}`
  return context === undefined ? 'the usual engine' : `the engine of context ${context}`
}

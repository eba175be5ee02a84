// Asking through a router which version answers: a table that stands in its memory is not yet one that clients see.
import { z } from 'zod'
import { pause, withDeadline } from '../lib/deadline.ts'
import { messageOf, OutsideError } from '../lib/errors.ts'
import { httpRequest } from '../lib/http-request.ts'
import { soleVersion, type RoutingTable } from '../plan/traffic.ts'

export const probeSchema = z
  .strictObject({
    url: z.string().url().describe('Asked through the router, with GET; its answer is the same whoever gives it'),
    header: z.string().min(1).default('x-gonogo-version').describe('Response header that says which version answered'),
    times: z.int().min(1).max(1000).default(10).describe('So many answers in a row must be right'),
    timeoutMs: z.int().min(1).max(600_000).default(10_000).describe('Longest until they are'),
  })
  .describe('How a switch is seen from outside')

export type Probe = z.output<typeof probeSchema>

const EVERY_MS = 20
const ANSWER_MS_MAX = 2000

/**
 * Asks until `times` answers in a row come from versions that have a share, and, where one has everything, from that one.
 * @throws OutsideError when that does not come about in time: what answered last.
 */
export async function probeTable(system: string, probe: Probe, weights: RoutingTable['weights']): Promise<void> {
  const sole = soleVersion(weights)
  const isRight = (version: string | null): boolean =>
    sole === null ? version !== null && (weights[version] ?? 0) > 0 : version === sole
  const endsAt = performance.now() + probe.timeoutMs
  let right = 0
  let seen = 'nothing'
  while (right < probe.times) {
    const answered = await versionThatAnswers(probe)
    seen = 'version' in answered ? (answered.version ?? `an answer without ${probe.header}`) : answered.problem
    right = 'version' in answered && isRight(answered.version) ? right + 1 : 0
    if (right >= probe.times) return
    if (performance.now() > endsAt)
      throw new OutsideError(
        system,
        `was set, but ${probe.url} shows ${seen}, not ${sole ?? 'a version with a share'}`,
        {
          retryable: true,
          hint: `do answers carry the header ${probe.header}?`,
        },
      )
    if (right === 0) await pause(EVERY_MS)
  }
}

async function versionThatAnswers({ url, header }: Probe): Promise<{ version: string | null } | { problem: string }> {
  try {
    const answer = await httpRequest(
      { url, redirectsMax: 0, beyond: 'cut', bytesMax: 1024 },
      withDeadline(ANSWER_MS_MAX),
    )
    return { version: answer.headers[header.toLowerCase()] ?? null }
  } catch (error) {
    return { problem: messageOf(error) }
  }
}

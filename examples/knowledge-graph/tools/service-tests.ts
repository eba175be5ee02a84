// Tests a running service from outside, as a client sees it. Nothing here changes data.
import type { Judgement } from './judgement.ts'
import { candidateVersion } from './context.ts'

/** One version of the service, by the address and the header that reach it. */
export interface Subject {
  url: string
  headers: Record<string, string>
}

export interface Reply {
  /** 0: no answer at all. */
  status: number
  version: string | null
  body: unknown
  durationMs: number
}

const TIMEOUT_MS = 10_000
const MEASURED_REQUESTS = 300
const MEASURED_AT_ONCE = 6
/** The checklist wants more than 50. */
const CONCURRENT = 60

/** Sends one request; no answer is an answer with status 0. */
export async function ask(subject: Subject, path: string, init: RequestInit = {}): Promise<Reply> {
  const startedAt = performance.now()
  try {
    const response = await fetch(subject.url + path, {
      ...init,
      headers: subject.headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    const durationMs = performance.now() - startedAt
    return { status: response.status, version: response.headers.get('x-version'), body: parse(text), durationMs }
  } catch (error) {
    return { status: 0, version: null, body: String(error), durationMs: performance.now() - startedAt }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The candidate where its preview header reaches it, else the version that serves everybody; and which it is. */
export async function findSubject(url: string): Promise<{ subject: Subject; version: string | null }> {
  const candidate: Subject = { url, headers: { 'x-gonogo-version': candidateVersion } }
  const preview = await ask(candidate, '/health')
  if (preview.version === candidateVersion) return { subject: candidate, version: candidateVersion }
  const stable: Subject = { url, headers: {} }
  return { subject: stable, version: (await ask(stable, '/health')).version }
}

export async function testHealth(subject: Subject): Promise<Judgement> {
  const { status, version } = await ask(subject, '/health')
  return judgeStatus('health', `health of ${version ?? 'the service'}`, status, 200)
}

/** Every route answers as it should; version 2 says why it is so sure. */
export async function testFunctions(subject: Subject): Promise<Judgement[]> {
  const health = await ask(subject, '/health')
  const search = await ask(subject, '/search?q=a')
  const id = firstEntity(search.body)
  const entity = await ask(subject, `/entities/${id}`)
  const relationships = await ask(subject, `/entities/${id}/relationships`)
  const nobody = await ask(subject, '/entities/999999999')
  const refused = await ask(subject, '/relationships', { method: 'POST', body: '{}' })
  const explains = (health.body as { explains?: unknown } | null)?.explains === true
  return [
    judgeStatus('health', 'health', health.status, 200),
    judgeStatus('search', 'search', search.status, 200),
    judgeStatus('entity', 'an entity', entity.status, 200),
    judgeStatus('relationships', 'its relationships', relationships.status, 200),
    judgeStatus('unknownEntity', 'an entity that does not exist', nobody.status, 404),
    judgeStatus('invalidWrite', 'a write that is not valid', refused.status, 400),
    ...(explains ? [judgeExplanations(relationships.body)] : []),
  ]
}

function firstEntity(body: unknown): number {
  return (body as { entities?: { id: number }[] } | null)?.entities?.[0]?.id ?? 1
}

function judgeExplanations(body: unknown): Judgement {
  const list = (body as { relationships?: Record<string, unknown>[] } | null)?.relationships ?? []
  const explained = list.filter((one) => typeof one.evidenceCount === 'number' && one.confidenceExplained).length
  return {
    metric: 'explained',
    title: 'relationships with an explained confidence',
    value: `${explained} of ${list.length}`,
    wanted: 'all of them',
    ok: list.length === 0 ? null : explained === list.length,
  }
}

function judgeStatus(metric: string, title: string, status: number, wanted: number): Judgement {
  const value = status === 0 ? 'no answer' : `status ${status}`
  return { metric, title, value, wanted: `status ${wanted}`, ok: status === wanted }
}

/** Response times, errors, and many connections at once. */
export async function testSpeed(subject: Subject): Promise<Judgement[]> {
  const replies = await askRepeatedly(subject)
  const times = replies.map((reply) => reply.durationMs).toSorted((a, b) => a - b)
  const average = times.reduce((sum, time) => sum + time, 0) / times.length
  const p95 = times[Math.ceil(times.length * 0.95) - 1] ?? Number.POSITIVE_INFINITY
  const errorPercent = (100 * replies.filter(isError).length) / replies.length
  const together = await Promise.all(Array.from({ length: CONCURRENT }, () => ask(subject, '/health')))
  const answered = together.filter((reply) => reply.status === 200).length
  return [
    judgeBelow('averageMs', 'response time, average ms', average, 500),
    judgeBelow('p95Ms', 'response time, 95th percentile ms', p95, 2000),
    judgeBelow('errorPercent', 'errors, percent', errorPercent, 1),
    { metric: 'concurrent', title: 'answered at once', value: answered, wanted: '> 50', ok: answered > 50 },
  ]
}

async function askRepeatedly(subject: Subject): Promise<Reply[]> {
  const replies: Reply[] = []
  const paths = ['/entities/1', '/entities/2/relationships', '/search?q=be']
  const client = async (): Promise<void> => {
    for (let turn = 0; turn < MEASURED_REQUESTS / MEASURED_AT_ONCE; turn++)
      replies.push(await ask(subject, paths[turn % paths.length] ?? '/health'))
  }
  await Promise.all(Array.from({ length: MEASURED_AT_ONCE }, client))
  return replies
}

function isError(reply: Reply): boolean {
  return reply.status === 0 || reply.status >= 500
}

function judgeBelow(metric: string, title: string, value: number, limit: number): Judgement {
  return { metric, title, value, wanted: `< ${limit}`, ok: value < limit }
}

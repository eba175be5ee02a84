// k6: arrival rates that stay or ramp, and as much as goes. The script reaches it by its input and prints a summary as JSON.
import { excerpt } from '../../../../lib/excerpt.ts'
import { pick, sharesOf } from '../schedule.ts'
import { finiteOf, type LoadTool, type ToolLoad } from './tool.ts'

const MARK = 'gonogo:'
const ORDER_LENGTH = 1000
/** Rates are whole numbers there: a thousandth of a request per second is told by counting over a thousand seconds. */
const UNIT_SECONDS = 1000

type Metrics = Record<string, { values?: Record<string, unknown> } | undefined>

export const k6: LoadTool = {
  program: 'k6',
  install: 'install k6 (its makers publish packages for every system), or leave out `tool`',
  refuses: () => null,

  command: (load) => ({ args: ['run', '--quiet', '--no-usage-report', '-'], input: scriptOf(load) }),

  read(stdout) {
    const line = stdout.split('\n').find((text) => text.startsWith(MARK))
    if (line === undefined) return null
    let summary: { durationMs?: unknown; metrics?: Metrics }
    try {
      summary = JSON.parse(line.slice(MARK.length)) as typeof summary
    } catch {
      return null
    }
    const value = (metric: string, name: string): number => {
      const found = summary.metrics?.[metric]?.values?.[name]
      return typeof found === 'number' ? found : 0
    }
    const requests = value('http_reqs', 'count')
    const failed = Math.round(value('http_req_failed', 'rate') * requests)
    const times = summary.metrics?.['http_req_duration']?.values ?? {}
    const unsent = value('dropped_iterations', 'count')
    const durationMs = typeof summary.durationMs === 'number' ? summary.durationMs : 0
    if (requests > 0 && durationMs <= 0) return null
    const latencyMs = finiteOf({
      p50: times['med'],
      p75: times['p(75)'],
      p90: times['p(90)'],
      p95: times['p(95)'],
      p99: times['p(99)'],
      p999: times['p(99.9)'],
      max: times['max'],
    })
    return {
      requests: requests + unsent,
      failed,
      requestsPerSecond: requests > 0 ? ((requests - failed) * 1000) / durationMs : 0,
      latencyMs: requests > 0 ? latencyMs : {},
      late: 0,
      unsent,
      local: 0,
      counts: { answered: requests, failed, 'dropped iterations': unsent },
      remarks: [`by k6 in ${excerpt(String(Math.round(durationMs)), 20)} ms`],
    }
  },
}

function scriptOf(load: ToolLoad): string {
  const { requests, timeoutMs, durationMs, statuses } = load
  const upTo = sharesOf(requests.map(({ weight }) => weight))
  const order = Array.from({ length: ORDER_LENGTH }, (_, index) => pick(index, upTo))
  const made = requests.map(({ method, url, headers, body }) => ({
    method,
    url: url.href,
    headers,
    body: body || null,
  }))
  const good = statuses ? statuses.join(', ') : '{ min: 200, max: 399 }'
  const trends = ['med', 'p(75)', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max']
  const settings = {
    scenarios: { load: { ...executorOf(load), gracefulStop: `${timeoutMs}ms` } },
    discardResponseBodies: true,
    maxRedirects: 0,
    summaryTrendStats: trends,
    setupTimeout: '10s',
  }
  return `import http from 'k6/http'
import exec from 'k6/execution'
http.setResponseCallback(http.expectedStatuses(${good}))
export const options = ${JSON.stringify(settings)}
const requests = ${JSON.stringify(made)}
const order = ${JSON.stringify(order)}
export default function () {
  const { method, url, headers, body } = requests[order[exec.scenario.iterationInTest % ${ORDER_LENGTH}]]
  http.request(method, url, body, { headers, timeout: ${timeoutMs} })
}
export function handleSummary({ metrics, state }) {
  const durationMs = Math.min(state.testRunDurationMs, ${durationMs})
  return { stdout: ${JSON.stringify(MARK)} + JSON.stringify({ metrics, durationMs }) + '\\n' }
}
`
}

function executorOf({ schedule, durationMs, connectionsMax }: ToolLoad): Record<string, unknown> {
  if (!schedule) return { executor: 'constant-vus', vus: connectionsMax, duration: `${Math.round(durationMs)}ms` }
  const perUnit = (rate: number): number => Math.round(rate * UNIT_SECONDS)
  return {
    executor: 'ramping-arrival-rate',
    startRate: perUnit(schedule.fromRequestsPerSecond),
    timeUnit: `${UNIT_SECONDS}s`,
    stages: schedule.stages.map(({ requestsPerSecond, durationMs: stageMs }) => ({
      target: perUnit(requestsPerSecond),
      duration: `${Math.round(stageMs)}ms`,
    })),
    preAllocatedVUs: connectionsMax,
    maxVUs: connectionsMax,
  }
}

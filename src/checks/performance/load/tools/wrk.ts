// wrk: as much as goes. A script of ours has it print its figures as JSON.
import { join } from 'node:path'
import type { LoadRequest } from '../request-bytes.ts'
import { pick, sharesOf } from '../schedule.ts'
import { finiteOf, type LoadTool } from './tool.ts'

const SCRIPT = 'load.lua'
const MARK = 'gonogo:'
/** Of a mix, the order of so many requests is written down and gone through again and again. */
const ORDER_LENGTH = 1000

export const wrk: LoadTool = {
  program: 'wrk',
  install: 'install wrk (Debian: apt install wrk), or leave out `tool`',

  refuses({ requests, schedule, statuses }) {
    if (schedule) return 'wrk keeps no rate: it only sends as much as goes (maximum: true)'
    if (statuses) return 'wrk counts every status from 200 to 399 as good'
    return requests.some(({ url }) => url.protocol === 'https:') ? 'wrk does not check certificates' : null
  },

  command({ requests, durationMs, connectionsMax, threads, timeoutMs }, directory) {
    const seconds = (ms: number): string => `${Math.max(1, Math.ceil(ms / 1000))}s`
    const [first] = requests
    const size = ['-t', String(Math.min(threads, connectionsMax)), '-c', String(connectionsMax)]
    const times = ['-d', seconds(durationMs), '--timeout', seconds(timeoutMs)]
    return {
      args: [...size, ...times, '-s', join(directory, SCRIPT), first?.url.origin ?? ''],
      file: { name: SCRIPT, content: scriptOf(requests) },
    }
  },

  read(stdout) {
    const line = stdout.split('\n').find((text) => text.startsWith(MARK))
    const [requests = 0, micros = 0, connect = 0, read = 0, write = 0, status = 0, timeout = 0, ...latencies] = (
      line ?? ''
    )
      .slice(MARK.length)
      .trim()
      .split(' ')
      .map(Number)
    if (line === undefined || latencies.length !== 7 || !(micros > 0)) return null
    const [p50, p75, p90, p95, p99, p999, max] = latencies.map((latency) => latency / 1000)
    const broken = connect + read + write
    const good = Math.max(0, requests - status - timeout)
    return {
      requests: requests + broken,
      failed: status + timeout + broken,
      requestsPerSecond: (good * 1e6) / micros,
      latencyMs: requests > 0 ? finiteOf({ p50, p75, p90, p95, p99, p999, max }) : {},
      late: 0,
      unsent: 0,
      local: 0,
      counts: { answered: requests, connect, read, write, 'status over 399': status, 'timed-out': timeout },
      remarks: ['by wrk'],
    }
  },
}

function scriptOf(requests: readonly LoadRequest[]): string {
  const [first, ...others] = requests
  return `${first && others.length === 0 ? oneScript(first) : mixScript(requests)}
function done(summary, latency, requests)
  local e = summary.errors
  local text = "${MARK}"
  for _, n in ipairs({summary.requests, summary.duration, e.connect, e.read, e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(75), latency:percentile(90), latency:percentile(95),
    latency:percentile(99), latency:percentile(99.9), latency.max}) do text = text .. " " .. string.format("%d", n) end
  print(text)
end
`
}

/** Without a function for each request wrk makes the request once. */
function oneScript({ method, url, headers, body }: LoadRequest): string {
  const fields = Object.entries(headers).map(([name, value]) => `wrk.headers[${quoted(name)}] = ${quoted(value)}\n`)
  const path = `wrk.path = ${quoted(url.pathname + url.search)}`
  return `wrk.method = ${quoted(method)}\n${path}\n${fields.join('')}${body === '' ? '' : `wrk.body = ${quoted(body)}`}`
}

function mixScript(requests: readonly LoadRequest[]): string {
  const upTo = sharesOf(requests.map(({ weight }) => weight))
  const order = Array.from({ length: ORDER_LENGTH }, (_, index) => pick(index, upTo) + 1)
  const made = requests.map(({ method, url, headers, body }) => {
    const fields = Object.entries(headers).map(([name, value]) => `[${quoted(name)}]=${quoted(value)}`)
    const rest = `{${fields.join(', ')}}, ${body === '' ? 'nil' : quoted(body)}`
    return `wrk.format(${quoted(method)}, ${quoted(url.pathname + url.search)}, ${rest})`
  })
  return `local made, at = {}, 0
local order = {${order.join(',')}}
function init(args)
  made = {${made.join(', ')}}
end
function request()
  at = at % ${ORDER_LENGTH} + 1
  return made[order[at]]
end`
}

/** A string of Lua: every byte but the plainest by its number. */
function quoted(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    const character = String.fromCharCode(byte)
    return /[\w /.:;=,-]/.test(character) ? character : `\\${String(byte).padStart(3, '0')}`
  })
  return `"${bytes.join('')}"`
}

// hey: as much as goes, one address. It prints a summary for people, which is read here.
import type { LoadTool } from './tool.ts'

/** How it names percentiles that can be bounded here; others it does not tell. */
const NAMES: Record<string, 'p50' | 'p75' | 'p90' | 'p95' | 'p99'> = {
  50: 'p50',
  75: 'p75',
  90: 'p90',
  95: 'p95',
  99: 'p99',
}

export const hey: LoadTool = {
  program: 'hey',
  install: 'install hey (Debian: apt install hey), or leave out `tool`',

  refuses({ requests, schedule, statuses }) {
    const [first] = requests
    if (schedule) return 'hey keeps no rate that is due: it only sends as much as goes (maximum: true)'
    if (requests.length > 1) return 'hey sends one request only'
    if (statuses) return 'which statuses count as good cannot be told to hey'
    // Every user of the machine can read the arguments of a program.
    if (first && (Object.keys(first.headers).length > 0 || first.body !== ''))
      return 'hey takes headers and bodies as arguments, where everybody on the machine could read them'
    return first?.url.protocol === 'https:' ? 'hey does not check certificates' : null
  },

  command({ requests, durationMs, connectionsMax, timeoutMs, threads }) {
    const [first] = requests
    const size = ['-c', String(connectionsMax), '-cpus', String(threads), '-disable-redirects']
    const times = ['-z', `${Math.round(durationMs)}ms`, '-t', String(Math.max(1, Math.ceil(timeoutMs / 1000)))]
    return { args: [...size, ...times, '-m', first?.method ?? 'GET', first?.url.href ?? ''] }
  },

  read(stdout) {
    const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? Number.NaN)
    const totalSeconds = number(/^\s*Total:\s+([\d.]+) secs/m)
    if (!(totalSeconds > 0) || !/^Status code distribution:/m.test(stdout)) return null
    const statuses = [...stdout.matchAll(/^\s*\[(\d{3})\]\s+(\d+) responses$/gm)]
    const errors = [...stdout.matchAll(/^\s*\[(\d+)\]\s+(?!\d+ responses$)(.+)$/gm)]
    const answered = sum(statuses.map(([, , count]) => count))
    const good = sum(statuses.filter(([, status]) => /^[23]/.test(status ?? '')).map(([, , count]) => count))
    const broken = sum(errors.map(([, count]) => count))
    const tells = [...stdout.matchAll(/^\s*(\d+)%%? in ([\d.]+) secs$/gm)]
    const latencies = tells.flatMap(([, percent = '', seconds]) => {
      const name = NAMES[percent]
      return name ? [[name, Number(seconds) * 1000] as const] : []
    })
    const slowestMs = number(/^\s*Slowest:\s+([\d.]+) secs/m) * 1000
    return {
      requests: answered + broken,
      failed: answered - good + broken,
      requestsPerSecond: good / totalSeconds,
      latencyMs: answered > 0 ? { ...Object.fromEntries(latencies), max: slowestMs } : {},
      late: 0,
      unsent: 0,
      local: 0,
      counts: {
        ...Object.fromEntries(statuses.map(([, status = '', count]) => [status, Number(count)])),
        broken,
      },
      remarks: ['by hey', ...errors.slice(0, 3).map(([, , said = '']) => said.slice(0, 200))],
    }
  },
}

function sum(counts: readonly (string | undefined)[]): number {
  return counts.reduce((total, count) => total + Number(count), 0)
}

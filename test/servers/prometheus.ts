// A real Prometheus for services suites: Debian's, on a port of its own, ended by process id.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from '../../src/lib/deadline.ts'
import { freePort } from './free-port.ts'

/** `host:port` whose `/metrics` is scraped, with labels for all its series. */
export interface ScrapeTarget {
  address: string
  labels?: Readonly<Record<string, string>>
}

export interface PrometheusServer {
  url: string
  /** Scrapes these from now on, and no others. It may take a scrape or two. */
  setTargets(targets: readonly ScrapeTarget[]): void
  /** As a crash; what was scraped stays on disk. */
  kill(): Promise<void>
  /** Again, on the same port and data. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Starts one that scrapes `targets`, as the job `app`, every `scrapeMs`; it answers when this resolves. */
export async function startPrometheus({
  targets,
  scrapeMs = 1000,
  rules = [],
}: {
  targets: readonly ScrapeTarget[]
  scrapeMs?: number
  /** Alert rules as in a rules file, evaluated every `scrapeMs`. */
  rules?: readonly { alert: string; expr: string; labels?: Readonly<Record<string, string>> }[]
}): Promise<PrometheusServer> {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-prometheus-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const targetsFile = join(root, 'targets.json')
  const configuration = join(root, 'prometheus.json')
  const setTargets = (wanted: readonly ScrapeTarget[]): void => {
    const groups = wanted.map(({ address, labels = {} }) => ({ targets: [address], labels }))
    // Whole or not at all: it is watched.
    writeFileSync(`${targetsFile}.new`, JSON.stringify(groups))
    renameSync(`${targetsFile}.new`, targetsFile)
  }
  setTargets(targets)
  const job = { job_name: 'app', file_sd_configs: [{ files: [targetsFile], refresh_interval: '1s' }] }
  const global = { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms` }
  // YAML may be written as JSON.
  const rulesFile = join(root, 'rules.json')
  const group = { name: 'app', interval: `${scrapeMs}ms`, rules }
  writeFileSync(rulesFile, JSON.stringify({ groups: rules.length > 0 ? [group] : [] }))
  writeFileSync(configuration, JSON.stringify({ global, scrape_configs: [job], rule_files: [rulesFile] }))
  let running: ChildProcess | null = null
  process.once('exit', () => running?.kill('SIGKILL'))

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = running
    running = null
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    ending.kill(signal)
    await gone
  }
  const start = async (): Promise<void> => {
    const flags = {
      'config.file': configuration,
      'storage.tsdb.path': join(root, 'data'),
      'web.listen-address': `127.0.0.1:${port}`,
      'log.level': 'error',
    }
    const started = spawn(
      'prometheus',
      Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    running = started
    let said = ''
    started.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
    const isReady = async (): Promise<true | null> => {
      if (started.exitCode !== null) throw new Error(`prometheus did not start: ${said}`)
      const answer = await fetch(`${url}/-/ready`).catch(() => null)
      return answer?.ok ? true : null
    }
    if ((await poll(isReady, { everyMs: 50, timeoutMs: 30_000 })) === null) throw new Error(`prometheus: ${said}`)
  }
  await start()
  return {
    url,
    setTargets,
    kill: () => end('SIGKILL'),
    start,
    async stop() {
      await end('SIGTERM')
      rmSync(root, { recursive: true, force: true })
    },
  }
}

// Watching the service. For a person it is `gonogo monitor`; inside a run it measures at the service's own address.
import { appendFileSync, mkdirSync } from 'node:fs'
import { exitCodeOf, formatJudgements, type Judgement } from './judgement.ts'
import { conductedRun, environmentArgs, inExample, runGonogo, serviceUrl } from './context.ts'
import { runTool, type ToolSpec } from './options.ts'
import { ask, testHealth, testSpeed, type Subject } from './service-tests.ts'
import { standBy } from './standing-by.ts'

const SPEC: ToolSpec = {
  name: 'monitoring-integration',
  about: 'watches the service; in the background inside a run, into logs/monitoring.log',
  options: {
    environment: { type: 'text', about: 'which one, as gonogo.yaml names it' },
    'health-check': { type: 'mode', about: 'is it healthy now?' },
    'performance-check': { type: 'mode', about: 'response times and errors now' },
    'export-dashboard': { type: 'mode', about: 'dashboard and alert rules as files' },
  },
}

const EVERY_MS = 1000

export function run(argv: readonly string[]): Promise<number> {
  return runTool(SPEC, argv, (options) => {
    const byGonogo = conductedRun() === null || options.mode === 'export-dashboard'
    if (byGonogo)
      return runGonogo('monitor', options.mode && `--${options.mode}`, ...environmentArgs(options.text('environment')))
    const subject = { url: serviceUrl(), headers: {} }
    if (options.mode === 'health-check') return report([testHealth(subject)])
    if (options.mode === 'performance-check') return report([testHealth(subject), testSpeed(subject)])
    return watch(subject)
  })
}

async function report(tests: Promise<Judgement | Judgement[]>[]): Promise<number> {
  const judgements = (await Promise.all(tests)).flat()
  console.log(formatJudgements(judgements))
  return exitCodeOf(judgements)
}

/** One line a second. A service that is not there at the first look is nothing to watch. */
async function watch(subject: Subject): Promise<number> {
  mkdirSync(inExample('logs'), { recursive: true })
  const path = inExample('logs/monitoring.log')
  const first = await ask(subject, '/health')
  console.log(
    `watching ${subject.url}: ${first.status === 200 ? 'healthy' : `NOT healthy, status ${first.status}`}; log: ${path}`,
  )
  if (first.status !== 200) return 1
  return standBy(EVERY_MS, async () => {
    const { status, version, durationMs } = await ask(subject, '/health')
    const line = {
      at: new Date().toISOString(),
      run: conductedRun(),
      healthy: status === 200,
      status,
      version,
      durationMs,
    }
    appendFileSync(path, `${JSON.stringify(line)}\n`)
    return null
  })
}

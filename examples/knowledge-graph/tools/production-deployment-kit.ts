// The deployment itself. For a person it is gonogo; inside a run it does the verifying a step of the checklist asks it for.
import { exitCodeOf, formatJudgements, type Judgement } from './judgement.ts'
import { candidateVersion, conductedRun, databasePath, environmentArgs, runGonogo, serviceUrl } from './context.ts'
import { testEnvironment } from './environment-tests.ts'
import { runTool, UsageError, type ToolOptions, type ToolSpec } from './options.ts'
import { ask, testHealth } from './service-tests.ts'

const SPEC: ToolSpec = {
  name: 'production-deployment-kit',
  about: 'deploys, verifies, reports',
  options: {
    environment: { type: 'text', about: 'which one, as gonogo.yaml names it' },
    'verify-only': { type: 'mode', about: 'is everything ready? Changes nothing' },
    'enable-monitoring': { type: 'mode', about: 'deploy under guard (guards are always on)' },
    'verify-backup': { type: 'mode', about: 'prove the newest backup again' },
    'generate-report': { type: 'mode', about: 'report of the run, or of the newest one' },
  },
}

/** Answers looked at to see who serves. */
const ANSWERS = 40

export function run(argv: readonly string[]): Promise<number> {
  return runTool(SPEC, argv, (options) => {
    const runId = conductedRun()
    if (options.mode === 'verify-backup') return runGonogo('backup', 'verify')
    if (options.mode === 'generate-report') return runGonogo('report', runId, '--output', 'logs/report.html')
    return runId === null ? deploy(options) : verifyInside(options, runId)
  })
}

function deploy(options: ToolOptions): Promise<number> {
  const verify = options.mode === 'verify-only' ? '--verify-only' : null
  return runGonogo('deploy', verify, ...environmentArgs(options.text('environment')))
}

/** A run must not start a second release: what is left to do is to see whether this one stands. */
async function verifyInside(options: ToolOptions, runId: string): Promise<number> {
  if (options.mode === null) throw new UsageError(`run ${runId} is this release: --verify-only or --enable-monitoring`)
  const judgements = options.mode === 'verify-only' ? testEnvironment(databasePath()) : await testRelease(serviceUrl())
  console.log(formatJudgements(judgements))
  return exitCodeOf(judgements)
}

/** The service is healthy, and the new version has its part in serving it. */
async function testRelease(url: string): Promise<Judgement[]> {
  const subject = { url, headers: {} }
  const health = await testHealth(subject)
  const replies = await Promise.all(Array.from({ length: ANSWERS }, () => ask(subject, '/entities/1')))
  const good = replies.filter((reply) => reply.status === 200).length
  const ofCandidate = replies.filter((reply) => reply.version === candidateVersion).length
  return [
    health,
    { metric: 'answered', title: 'requests answered', value: good, wanted: `${ANSWERS}`, ok: good === ANSWERS },
    {
      metric: 'live',
      title: `answers from ${candidateVersion}, percent`,
      value: (100 * ofCandidate) / ANSWERS,
      wanted: '> 0',
      ok: ofCandidate > 0,
    },
  ]
}

// Tests for the new version while it takes little or no traffic. For a person, the canary as gonogo conducts it.
import { exitCodeOf, formatJudgements } from './judgement.ts'
import { candidateVersion, conductedRun, environmentArgs, runGonogo, serviceUrl } from './context.ts'
import { runTool, type ToolOptions, type ToolSpec } from './options.ts'
import { findSubject, testFunctions, testSpeed } from './service-tests.ts'

const SPEC: ToolSpec = {
  name: 'canary-deployment-tests',
  about: 'staged delivery, and tests of the candidate',
  options: {
    environment: { type: 'text', about: 'which one, as gonogo.yaml names it' },
    'auto-promote': { type: 'switch', about: 'false: every stage asks before the next' },
    'performance-only': { type: 'mode', about: 'response times and errors, nothing else' },
    'generate-summary': { type: 'mode', about: 'what the stages came to' },
  },
}

export function run(argv: readonly string[]): Promise<number> {
  return runTool(SPEC, argv, (options) => {
    if (options.mode === 'generate-summary') return runGonogo('canary', '--generate-summary')
    return conductedRun() === null ? conduct(options) : testInside(options)
  })
}

function conduct(options: ToolOptions): Promise<number> {
  const environment = environmentArgs(options.text('environment'))
  if (options.mode === 'performance-only') return runGonogo('canary', '--performance-only', ...environment)
  const autoPromote = options.text('auto-promote')
  return runGonogo('deploy', autoPromote && `--auto-promote=${autoPromote}`, ...environment)
}

/** The stages are the run's own; this tests what they let through. */
async function testInside(options: ToolOptions): Promise<number> {
  const { subject, version } = await findSubject(serviceUrl())
  if (version === candidateVersion) console.log(`testing ${version}, reached by its preview header`)
  else
    console.log(`${candidateVersion} is not up yet: testing ${version ?? 'whatever answers'}, which serves everybody`)
  const functions = options.mode === 'performance-only' ? [] : await testFunctions(subject)
  const judgements = [...functions, ...(await testSpeed(subject))]
  console.log(formatJudgements(judgements))
  return exitCodeOf(judgements)
}

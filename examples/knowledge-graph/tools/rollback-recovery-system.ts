// The way back. A person takes a release back with it; inside a run it stands by and sees that the capsule stays sound.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { conductedRun, environmentArgs, runGonogo } from './context.ts'
import { runTool, UsageError, type ToolOptions, type ToolSpec } from './options.ts'
import { standBy } from './standing-by.ts'

const SPEC: ToolSpec = {
  name: 'rollback-recovery-system',
  about: 'takes a release back; in the background inside a run, watches over its capsule',
  options: {
    environment: { type: 'text', about: 'which one, as gonogo.yaml names it' },
    'execute-emergency-rollback': { type: 'mode', about: 'all traffic to the stable version at once' },
    'execute-gradual-rollback': { type: 'mode', about: 'back through the stages, validating each' },
    reason: { type: 'text', about: 'why; goes into the record' },
    'skip-validation': { type: 'flag', about: 'emergency only: do not look, go' },
  },
}

const EVERY_MS = 5000
/** Not running: nobody can tell whether there is a way back. */
const UNVERIFIED = 3

export function run(argv: readonly string[]): Promise<number> {
  return runTool(SPEC, argv, (options) => {
    if (options.mode !== null) return rollBack(options, options.mode)
    if (conductedRun() === null)
      throw new UsageError(
        '--execute-emergency-rollback or --execute-gradual-rollback? Standing by is for inside a run',
      )
    return watchOver(process.env.GONOGO_CAPSULE)
  })
}

function rollBack(options: ToolOptions, mode: string): Promise<number> {
  const reason = options.text('reason')
  if (reason === null) throw new UsageError(`--${mode} wants --reason="..."`)
  const isEmergency = mode === 'execute-emergency-rollback'
  if (options.flag('skip-validation') && !isEmergency)
    throw new UsageError('--skip-validation goes with --execute-emergency-rollback only')
  return runGonogo(
    'rollback',
    isEmergency ? '--emergency' : '--gradual',
    '--reason',
    reason,
    options.flag('skip-validation') ? '--skip-validation' : null,
    ...environmentArgs(options.text('environment')),
  )
}

async function watchOver(capsule: string | undefined): Promise<number> {
  if (!capsule) {
    console.error('GONOGO_CAPSULE is not set: where is the capsule of this run?')
    return UNVERIFIED
  }
  let last = ''
  return standBy(EVERY_MS, async () => {
    const problem = findProblem(capsule)
    const state =
      problem ?? (existsSync(capsule) ? 'capsule sound, standing by' : 'no capsule yet: nothing was changed yet')
    if (state !== last) console.log(state)
    last = state
    return problem === null ? null : 1
  })
}

/** What is wrong with a capsule that is there; one that is not there yet is no problem. */
function findProblem(capsule: string): string | null {
  if (!existsSync(capsule)) return null
  const folder = statSync(capsule).isDirectory() ? capsule : dirname(capsule)
  const script = join(folder, 'rollback.sh')
  try {
    JSON.parse(readFileSync(join(folder, 'rollback.json'), 'utf8'))
  } catch (error) {
    return `rollback.json of the capsule cannot be used: ${(error as Error).message}`
  }
  const syntax = spawnSync('sh', ['-n', script], { encoding: 'utf8' })
  return syntax.status === 0 ? null : `rollback.sh of the capsule cannot be used: ${syntax.stderr.trim()}`
}

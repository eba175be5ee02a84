import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { stepOf } from '../../test/contracts/check-contract.ts'
import { poll } from '../lib/deadline.ts'
import { noData } from '../../test/contracts/no-data.ts'
import { exec } from '../lib/exec.ts'
import { identify } from '../lib/process-identity.ts'
import type { CommandStep } from '../plan/plan.ts'
import type { ActionContext } from './action.ts'
import { runningBackgroundPrograms, stopBackgroundPrograms } from './background.ts'
import { command } from './command.ts'

let root = ''
let directory = ''
let progress: string[] = []

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'gonogo-action-')))
})
beforeEach(() => {
  directory = mkdtempSync(join(root, 'case-'))
  progress = []
})
afterEach(() => stopBackgroundPrograms(runningBackgroundPrograms(join(directory, 'logs')), 1000))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function contextOf(steps: CommandStep[], change: Partial<ActionContext> = {}): ActionContext {
  const signal = change.signal ?? AbortSignal.timeout(30_000)
  const env = change.env ?? (process.env as Record<string, string>)
  return {
    signal,
    directory,
    env,
    commands: steps,
    deed: 'run item',
    data: noData,
    logDirectory: join(directory, 'logs'),
    exec: (file, args, options) => exec(file, args, { cwd: directory, env, timeoutMs: 30_000, signal, ...options }),
    progress: (line) => progress.push(line),
    ...change,
  }
}

const optionsOf = (given: unknown) => command.options.parse(given)
const run = (steps: (string | CommandStep)[], given: unknown = {}, change: Partial<ActionContext> = {}) => {
  const commands = steps.map((one) => (typeof one === 'string' ? stepOf(one) : one))
  return command.run(optionsOf(given), contextOf(commands, change))
}
const background = (script: string, change: Partial<CommandStep> = {}) =>
  stepOf(script, { background: true, ...change })
const contents = (outcome: { evidence: { content: string }[] }) => outcome.evidence.map((piece) => piece.content)

describe('commands as written', () => {
  it('run in order in one shell: directory, exported and plain variables, functions carry over', async () => {
    mkdirSync(join(directory, 'backend'))
    const outcome = await run([
      'cd backend\nexport STAGE=canary\nplain=yes',
      'greet() { echo "hello $1"; }',
      'pwd; echo "$STAGE $plain"; greet you',
      'sh -c \'echo "child sees $STAGE"\'',
    ])
    expect(outcome).toMatchObject({ status: 'passed' })
    expect(contents(outcome)[2]).toBe(
      `$ pwd; echo "$STAGE $plain"; greet you\n${join(directory, 'backend')}\ncanary yes\nhello you\n`,
    )
    expect(contents(outcome)[3]).toContain('child sees canary')
  })

  it('carry nothing over to the next item', async () => {
    await run(['export LEFTOVER=1; cd /'])
    expect(contents(await run(['echo "${LEFTOVER:-none}"; pwd']))[0]).toContain(`none\n${directory}`)
  })

  it('stop at the first failure, and say which, why and what was not run', async () => {
    const outcome = await run(['echo one', 'echo "disk full" >&2; false; echo never', 'touch three'])
    expect(outcome).toMatchObject({ status: 'failed', remedy: 'disk full' })
    expect(outcome.summary).toBe(
      'step 2 of 3, `echo "disk full" >&2; false; echo never` exited 1; the last step was not run',
    )
    expect(contents(outcome)).toEqual(['$ echo one\none\n', '$ echo "disk full" >&2; false; echo never\ndisk full\n'])
    expect(existsSync(join(directory, 'three'))).toBe(false)
  })

  it.each([
    ['a syntax error', 'if then'],
    ['an unknown program', 'no-such-program-anywhere'],
    ['a failure after set +e', 'set +e; false'],
    ['an early exit 0', 'exit 0'],
    ['a replaced shell', 'exec true'],
  ])('are red for %s before the last step', async (_, script) => {
    expect(await run([script, 'touch later'])).toMatchObject({ status: 'failed' })
    expect(existsSync(join(directory, 'later'))).toBe(false)
  })

  it('switch the stop at a failure on again for each step', async () => {
    expect(await run(['set +e; false; true', 'false; touch later'])).toMatchObject({ status: 'failed' })
    expect(existsSync(join(directory, 'later'))).toBe(false)
  })

  it('may end themselves in the last step', async () => {
    expect(await run(['true', 'exit 0'])).toMatchObject({ status: 'passed' })
  })

  it('keep heredocs, quotes, line continuations and comments as they are', async () => {
    const outcome = await run([`cat <<'END'\nit's $HOME \\ "quoted"\nEND`, 'echo one \\\n  two # three'])
    expect(contents(outcome).map((content) => content.split('\n').slice(-2, -1)[0])).toEqual([
      'it\'s $HOME \\ "quoted"',
      'one two',
    ])
  })

  it('get variables as environment: their values are never read as shell text', async () => {
    const outcome = await run(['printf "%s\\n" "$NAME"'], { env: { NAME: '$(touch planted); `touch planted`' } })
    expect(contents(outcome)[0]).toContain('$(touch planted); `touch planted`')
    expect(existsSync(join(directory, 'planted'))).toBe(false)
  })

  it('find nothing to read on standard input', async () => {
    expect(await run(['read answer || echo "nobody there"'])).toMatchObject({ status: 'passed' })
  })

  it('tell their progress line by line, without the lines of the session', async () => {
    await run(['echo one', 'echo two >&2'])
    expect(progress.toSorted()).toEqual(['$ echo one', '$ echo two >&2', 'one', 'two'])
  })

  it('keep the output of each step apart however much there is', async () => {
    const outcome = await run(['head -c 3000000 /dev/zero | tr "\\0" x', 'echo after', 'exit 5'])
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining('step 3 of 3') })
    expect(contents(outcome)[0]?.length).toBeLessThan(20_000)
    expect(contents(outcome)[1]).toBe('$ echo after\nafter\n')
  })

  it('run under sh where there is no bash', async () => {
    const bin = join(directory, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'sh'), '#!/bin/sh\necho "in sh"\nexec /bin/sh "$@"\n')
    chmodSync(join(bin, 'sh'), 0o755)
    const outcome = await run(['echo one', 'false', 'echo two'], {}, { env: { PATH: bin } })
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining('step 2 of 3') })
  })
})

describe('what is not run by itself', () => {
  it.each([
    ['placeholders', { placeholders: ['<PREVIOUS_TAG>'] }, '<PREVIOUS_TAG> must be filled in first'],
    ['a question', { interactive: true }, 'waits for a person'],
    ['no end', { endless: true }, 'never ends'],
  ])('a step with %s, and none beside it', async (_, change, reason) => {
    const outcome = await run(['touch first', stepOf('touch second', change)])
    expect(outcome).toMatchObject({ status: 'unverified', summary: expect.stringContaining(reason) })
    expect(outcome.summary).toContain('line 7')
    expect(readdirSync(directory)).toEqual([])
  })

  it('an item without commands', async () => {
    expect(await run([])).toMatchObject({ status: 'unverified', summary: expect.stringContaining('nothing to run') })
  })

  it('anything after the run was cancelled', async () => {
    expect(await run(['touch first'], {}, { signal: AbortSignal.abort() })).toMatchObject({ status: 'unverified' })
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('what takes too long', () => {
  it('is ended at its time limit, children too, and is red', async () => {
    const outcome = await run(['echo begun', "sh -c 'echo $$ > child.pid; exec sleep 30' | cat"], { timeoutMs: 300 })
    expect(outcome).toMatchObject({ status: 'failed', summary: expect.stringContaining('step 2 of 2') })
    expect(outcome.summary).toContain('did not end within')
    expect(await ended(join(directory, 'child.pid'))).toBe(true)
  })

  it('is red at the deadline of the run, and unverified when the run is cancelled', async () => {
    expect(await run(['sleep 30'], {}, { signal: AbortSignal.timeout(100) })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('may be half done'),
    })
    expect(await run([], { run: ['sleep', '30'] }, { signal: AbortSignal.timeout(100) })).toMatchObject({
      status: 'failed',
    })
    for (const options of [{}, { run: ['sleep', '30'] }]) {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 100)
      expect(await run(['sleep 30'], options, { signal: controller.signal })).toMatchObject({ status: 'unverified' })
    }
  })
})

describe('background steps', () => {
  const SERVE = `${process.execPath} -e 'console.log("serving", process.env.STAGE); setInterval(() => {}, 1000)' &`

  it('keep running after the item, with the state of the steps before them and their output in a file', async () => {
    const outcome = await run(['export STAGE=canary', background(SERVE), 'echo done'], { backgroundGraceMs: 300 })
    expect(outcome).toMatchObject({ status: 'passed' })
    const [program, ...others] = runningBackgroundPrograms(join(directory, 'logs'))
    expect(others).toEqual([])
    expect(readFileSync(program?.logPath ?? '', 'utf8')).toBe('serving canary\n')
    expect(await stopBackgroundPrograms(program ? [program] : [])).toBe(1)
    expect(runningBackgroundPrograms(join(directory, 'logs'))).toEqual([])
  })

  it('may be endless, and may be written without the ampersand', async () => {
    writeFileSync(join(directory, 'app.log'), '')
    expect(await run([background('tail -f app.log', { endless: true })], { backgroundGraceMs: 50 })).toMatchObject({
      status: 'passed',
    })
    expect(runningBackgroundPrograms(join(directory, 'logs'))).toHaveLength(1)
  })

  it('are red when they end within the grace time, with their last words', async () => {
    const outcome = await run([background('echo "port 3000 is taken" >&2; sh -c "exit 3" &')], {
      backgroundGraceMs: 300,
    })
    expect(outcome).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('did not stay alive: port 3000 is taken'),
    })
  })

  it('are ended when a later step of their item fails', async () => {
    expect(await run([background(SERVE), 'sleep 0.3; false'])).toMatchObject({ status: 'failed' })
    expect(runningBackgroundPrograms(join(directory, 'logs'))).toEqual([])
  })

  it('are ended when the item is cancelled', async () => {
    const controller = new AbortController()
    const outcome = run(
      [background('sleep 30 &'), 'echo up; sleep 30'],
      {},
      {
        signal: controller.signal,
        progress: (line) => line === 'up' && controller.abort(),
      },
    )
    expect(await outcome).toMatchObject({ status: 'unverified' })
    expect(
      await poll(() => (runningBackgroundPrograms(join(directory, 'logs')).length === 0 ? true : null), {
        everyMs: 20,
        timeoutMs: 5000,
      }),
    ).toBe(true)
  })

  it('end with their children, and by force when they do not listen', async () => {
    const deaf = `sh -c 'trap "" TERM; echo $$ > child.pid; while :; do sleep 0.1; done' &`
    await run([background(deaf)], { backgroundGraceMs: 300 })
    expect(await stopBackgroundPrograms(runningBackgroundPrograms(join(directory, 'logs')), 200)).toBe(1)
    expect(await ended(join(directory, 'child.pid'))).toBe(true)
  })
})

describe('commands of the configuration', () => {
  it('run in the place of those in the document', async () => {
    expect(await run(['touch document'], { shell: 'touch configured' })).toMatchObject({ status: 'passed' })
    expect(await run(['touch document'], { run: ['touch', 'a file; name'] })).toMatchObject({ status: 'passed' })
    expect(readdirSync(directory).toSorted()).toEqual(['a file; name', 'configured'])
  })

  it('are judged by exit code and output', async () => {
    expect(await run(['echo none | grep error'], { expect: { exitCode: 1 } })).toMatchObject({ status: 'passed' })
    expect(await run(['true'], { expect: { exitCode: [1, 2] } })).toMatchObject({ status: 'failed' })
    expect(await run(['echo "42 rows"'], { expect: { stdoutMatches: '^\\d+ rows$' } })).toMatchObject({
      status: 'passed',
    })
    expect(await run(['echo "no rows"'], { expect: { stdoutMatches: '^\\d+ rows$' } })).toMatchObject({
      status: 'failed',
    })
    expect(
      await run([], { run: ['sh', '-c', 'echo ok; exit 3'], expect: { exitCode: 3, stdoutMatches: 'ok' } }),
    ).toMatchObject({ status: 'passed' })
    expect(await run([], { run: ['sh', '-c', 'echo bad >&2; exit 1'] })).toMatchObject({
      status: 'failed',
      remedy: 'bad',
    })
    expect(await run([], { run: ['no-such-program-anywhere'] })).toMatchObject({ status: 'failed' })
  })

  it('turn red with the failing example', async () => {
    expect(await run([], command.failingExample)).toMatchObject({ status: 'failed' })
  })
})

const undo = (given: unknown) => command.undo(optionsOf(given), contextOf([]))

describe('the way back of a command', () => {
  it('is known from its options alone', () => {
    expect(command.reversibility(optionsOf({}))).toBe('one-way')
    expect(command.reversibility(optionsOf({ oneWay: 'mail was sent' }))).toBe('one-way')
    expect(command.reversibility(optionsOf({ undo: 'rm file' }))).toBe('compensable')
    expect(command.reversibility(optionsOf({ readOnly: true }))).toBe('reversible')
    expect(() => optionsOf({ undo: 'rm file', oneWay: 'why' })).toThrow(/exclude each other/)
  })

  it('takes back by its undo, and says when that failed', async () => {
    await run(['touch made'])
    expect(await undo({ undo: ['rm', 'made'] })).toMatchObject({ status: 'passed' })
    expect(existsSync(join(directory, 'made'))).toBe(false)
    expect(await undo({ undo: 'echo "nothing there" >&2; exit 1' })).toMatchObject({
      status: 'failed',
      remedy: 'nothing there',
    })
    expect(await undo({ readOnly: true })).toMatchObject({ status: 'passed' })
    expect(await undo({})).toMatchObject({ status: 'failed' })
  })

  it.each([
    ['done', 'true'],
    ['not-done', 'exit 1'],
    ['unknown', 'no-such-program-anywhere'],
    ['unknown', 'kill -9 $$'],
    ['unknown', ['no-such-program-anywhere']],
  ])('is told %s after a crash by %j', async (answer, verify) => {
    expect(await command.verify(optionsOf({ verify }), contextOf([]))).toBe(answer)
  })

  it('is unknown after a crash without a verify, unless nothing was changed', async () => {
    expect(await command.verify(optionsOf({}), contextOf([]))).toBe('unknown')
    expect(await command.verify(optionsOf({ readOnly: true }), contextOf([]))).toBe('not-done')
  })
})

const describeIt = (given: unknown, ...steps: CommandStep[]) => command.describe(optionsOf(given), steps)

describe('the dry run of a command', () => {
  it('says what would be run and what the way back is', () => {
    expect(describeIt({}, stepOf('npm run migrate'), background('node watch.js &'))).toBe(
      'run `npm run migrate`, then `node watch.js &` (keeps running); one-way: nobody said how to take it back',
    )
    expect(describeIt({ undo: ['git', 'revert'] }, stepOf('rm -rf dist', { destructive: true }))).toBe(
      'run `rm -rf dist` (destructive); undo: `git revert`',
    )
    expect(describeIt({ run: ['npm', 'ci'], readOnly: true })).toBe('run `npm ci`; changes nothing')
    expect(describeIt({ oneWay: 'mail is sent' })).toContain('none; one-way: mail is sent')
  })

  it('shows no value of the environment', () => {
    expect(describeIt({ shell: 'deploy', env: { TOKEN: 'to-be-hidden' } })).not.toContain('to-be-hidden')
  })
})

describe('the options of a command', () => {
  it('are described, strict, and read again unchanged', () => {
    const { properties = {} } = z.toJSONSchema(command.options, { io: 'input' })
    for (const [name, property] of Object.entries(properties))
      expect(property, name).toMatchObject({ description: expect.stringMatching(/\S/) })
    for (const example of [command.example, command.failingExample]) {
      const once = optionsOf(example)
      expect(optionsOf(JSON.parse(JSON.stringify(once)))).toEqual(once)
    }
    expect(() => optionsOf({ comand: 'ls' })).toThrow(/comand/)
    expect(() => optionsOf({ run: ['ls'], shell: 'ls' })).toThrow(/not both/)
  })
})

/** Whether the process whose id stands in the file is gone, or goes within five seconds. */
async function ended(pidFile: string): Promise<boolean> {
  const pid = Number(readFileSync(pidFile, 'utf8'))
  return (await poll(() => (identify(pid) === null ? true : null), { everyMs: 20, timeoutMs: 5000 })) ?? false
}

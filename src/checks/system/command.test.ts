import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, stepOf } from '../../../test/contracts/check-contract.ts'
import type { CommandStep } from '../../plan/plan.ts'
import { command } from './command.ts'

const SECRET = 'env-value-to-hide'
let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-command-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const NOTHING: NonNullable<CommandStep['expects']> = {
  kind: 'empty',
  value: null,
  text: 'Nothing is left',
  exitCodes: [0],
}

const inline = (text: string, change: Partial<CommandStep> = {}) => ({
  text,
  commands: [stepOf(/`(.+)`/.exec(text)?.[1] ?? '', change)],
})

checkContract(command, {
  passing: () => ({ options: { run: [process.execPath, '-p', '6 * 7'], stdoutEquals: '42' } }),
  failing: () => ({ options: { shell: 'echo broken >&2; exit 3' } }),
  unverified: () => ({ options: { run: ['no-such-program-anywhere'] } }),
  slow: () => ({ options: { shell: 'sleep 30 | cat' } }),
  unreachable: { status: 'unverified', case: () => ({ options: { run: ['/no/such/program'] } }) },
  hostile: {
    'output without end': { status: 'unverified', case: () => ({ options: { shell: 'yes', timeoutMs: 200 } }) },
    'escapes for terminals': {
      status: 'failed',
      case: () => ({ options: { shell: String.raw`printf '\033[2J\033[31mred\000\302\2331m'; exit 1` } }),
    },
    'a program that does not end when told to': {
      status: 'unverified',
      case: () => ({ options: { shell: 'trap "" TERM; while :; do sleep 0.05; done', timeoutMs: 100 } }),
    },
  },
  secret: { value: SECRET, case: () => ({ options: { shell: 'test -z "$TOKEN"', env: { TOKEN: SECRET } } }) },
  mentions: () => ['6 * 7', 'exit code 0', 'prints "42"'],
  recognises: {
    clear: [
      inline('All tests passing (`npm test`)'),
      inline('`npm audit` reports no vulnerabilities'),
      inline('Types are sound: `tsc --noEmit`'),
      inline('Pods are running (`kubectl get pods`)', { looksOnly: true }),
      inline('Nothing is left in the queue (`queue list`)', { looksOnly: true, expects: NOTHING }),
    ],
    unclear: [
      'All tests passing',
      inline('Migrations applied (`npm run migrate`)'),
      inline('Logs are clean (`tail -f app.log`)', { endless: true }),
      inline('Reset passes (`git reset --hard`)', { destructive: true }),
      inline('Build of <TAG> passes (`make <TAG>`)', { placeholders: ['<TAG>'] }),
      inline('Restart if it fails (`npm test`)'),
      inline('Schema is as designed (`psql -c schema`)', {
        looksOnly: true,
        expects: { ...NOTHING, kind: 'described' as const },
      }),
    ],
  },
})

const run = (options: Record<string, unknown>) => runCheck(command, { options, context: { directory } })

describe('command', () => {
  it('takes the exit codes it is told, as of a grep that should find nothing', async () => {
    expect(await run({ shell: 'echo fine | grep error', exitCode: 1 })).toMatchObject({ status: 'passed' })
    expect(await run({ shell: 'echo error | grep error', exitCode: 1 })).toMatchObject({ status: 'failed' })
    expect(await run({ shell: 'exit 4', exitCode: [3, 4] })).toMatchObject({ status: 'passed' })
  })

  it('judges the output', async () => {
    const shell = 'echo "one"; echo "two 2"'
    expect(await run({ shell, stdoutContains: 'two', stdoutMatches: '^two \\d$' })).toMatchObject({ status: 'passed' })
    expect(await run({ shell, stdoutContains: 'three' })).toMatchObject({ status: 'failed' })
    expect(await run({ shell, stdoutMatches: '^\\d' })).toMatchObject({ status: 'failed' })
    expect(await run({ shell, stdoutEquals: '' })).toMatchObject({ status: 'failed' })
    expect(await run({ shell: 'true', stdoutEquals: '' })).toMatchObject({ status: 'passed' })
  })

  it('is unverified when time is over, when the shell finds no program, when there is no such directory', async () => {
    expect(await run({ shell: 'sleep 30', timeoutMs: 50 })).toMatchObject({ status: 'unverified' })
    expect(await run({ shell: 'no-such-program-anywhere' })).toMatchObject({ status: 'unverified' })
    expect(await run({ shell: 'true', cwd: 'gone' })).toMatchObject({ status: 'unverified' })
  })

  it('fails a program that was ended by a signal', async () => {
    expect(await run({ shell: 'kill -9 $$' })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('SIGKILL'),
    })
  })

  it('hands values over as environment: they are never read as shell text', async () => {
    const outcome = await run({
      shell: 'printf %s "$NAME"',
      env: { NAME: '$(touch planted)' },
      stdoutEquals: '$(touch planted)',
    })
    expect(outcome.status).toBe('passed')
    expect(existsSync(join(directory, 'planted'))).toBe(false)
  })

  it('runs an argument vector without a shell', async () => {
    expect(await run({ run: ['echo', '$HOME;', 'ls'], stdoutEquals: '$HOME; ls' })).toMatchObject({ status: 'passed' })
  })

  it('keeps what was printed as evidence, and the last line of the errors as remedy', async () => {
    expect(await run({ shell: 'echo out; echo "no space left" >&2; exit 1' })).toMatchObject({
      evidence: [{ name: 'output', content: expect.stringContaining('out') }],
      remedy: 'no space left',
    })
  })

  it('wants either a vector or shell text', () => {
    expect(command.options.safeParse({}).success).toBe(false)
    expect(command.options.safeParse({ run: ['ls'], shell: 'ls' }).success).toBe(false)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, runCheck, stepOf } from '../../../test/contracts/check-contract.ts'
import { projectScript } from './project-script.ts'
import { makeReports, type Reports } from './report.fixture.ts'

let project: Reports
const SCRIPTS = {
  test: 'node -e "console.log(1 + 1, process.argv.length, process.env.CI)"',
  lint: 'node -e "console.error(\'2 problems\'); process.exit(1)"',
  typecheck: 'node -e "console.log(\'no type errors\')"',
  hang: 'node -e "setInterval(() => {}, 1000)"',
  gone: 'no-such-program-anywhere --all',
  leak: 'node -e "console.log(process.env.TOKEN); process.exit(1)"',
  loud: 'node -e "process.stdout.write(\'x\'.repeat(20000000))"',
  ansi: 'node -e "console.log(\'\\u001b[2J\\u0007 red\'); process.exit(3)"',
}
beforeAll(() => {
  project = makeReports()
  project.write('app/package.json', JSON.stringify({ name: 'app', scripts: SCRIPTS }))
  project.write('app/package-lock.json', '{}')
  project.write(
    'make/Makefile',
    'NAME := x\n.PHONY: test lint\ntest lint: build\n\t@echo done by make\nbuild:\n\t@false\n',
  )
  project.write('both/package.json', JSON.stringify({ scripts: { test: 'true' } }))
  project.write('both/go.mod', 'module x\n')
  project.write('py/pytest.ini', '')
})
afterAll(() => project.remove())

const given = (options: Record<string, unknown>) => ({
  options: { directory: 'app', ...options },
  context: { directory: project.directory },
})
const look = (options: Record<string, unknown>) => runCheck(projectScript, given(options))

checkContract(projectScript, {
  passing: () => given({ args: ['a b', '$HOME'], outputMatches: '^2 3 true$' }),
  failing: () => given({ script: 'lint' }),
  unverified: () => given({ script: 'no-such-script' }),
  slow: () => given({ script: 'hang' }),
  unreachable: { status: 'unverified', case: () => given({ script: 'gone' }) },
  hostile: {
    'output without end': { status: 'passed', case: () => given({ script: 'loud' }) },
    'escapes in the output': { status: 'failed', case: () => given({ script: 'ansi' }) },
    'a package.json that is none': {
      status: 'unverified',
      case: () =>
        given({ directory: project.write('odd/package.json', '{"scripts":["rm"]}').replace('/package.json', '') }),
    },
  },
  secret: { value: 'token-of-the-build', case: () => given({ script: 'leak', env: { TOKEN: 'token-of-the-build' } }) },
  mentions: () => ['test', 'app', 'exit code 0'],
  failingExample: () => {
    project.write('package.json', JSON.stringify({ scripts: { test: 'exit 1' } }))
    return { directory: project.directory }
  },
  recognises: {
    clear: [
      'All unit tests passing',
      'Tests are green',
      'No TypeScript errors',
      'No ESLint errors',
      'Build successful',
      '**Tests**: All tests pass'.replace('**Tests**: ', ''),
    ],
    unclear: [
      'All tests passing in CI',
      'Integration tests pass',
      'Unit tests passing with coverage above 80%',
      'Tests pass on staging',
      { text: 'All tests pass (npm test)', commands: [stepOf('npm test')] },
      'Staging tests passed for 4 hours',
      'Build the image',
    ],
  },
})

describe('project-script', () => {
  it('fails by exit code, with the last line, and says how long it took', async () => {
    expect(await look({ script: 'lint' })).toMatchObject({
      status: 'failed',
      summary: expect.stringMatching(/`npm run lint` exited 1 after .*2 problems|npm/),
      evidence: [{ content: expect.stringContaining('2 problems') }],
      measurements: [{ name: 'duration', unit: 'ms' }],
    })
  })

  it('finds the looking at types under its usual names, and judges output', async () => {
    expect(await look({ script: 'types', outputMatches: 'no type errors' })).toMatchObject({ status: 'passed' })
    expect(await look({ script: 'types', outputExcludes: 'type err' })).toMatchObject({ status: 'failed' })
    expect(await look({ script: 'types', durationMsMax: 1 })).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('1 ms wanted'),
    })
  })

  it('is stopped at its deadline, which is no failure of the tests', async () => {
    expect(await look({ script: 'hang', timeoutMs: 300 })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('did not end'),
    })
  })

  it('runs targets of a Makefile: broken, there, not there', async () => {
    expect(await look({ directory: 'make' })).toMatchObject({ status: 'failed' })
    expect(await look({ directory: 'make', script: 'deploy' })).toMatchObject({ status: 'unverified' })
    project.write('make/Makefile', 'test:\n\t@echo done by make\n')
    expect(await look({ directory: 'make', outputMatches: '^done by make$' })).toMatchObject({ status: 'passed' })
  })

  it('asks which tool is meant where two could be', async () => {
    expect(await look({ directory: 'both' })).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('npm and go'),
    })
    expect(await look({ directory: 'both', tool: 'npm' })).toMatchObject({ status: 'passed' })
  })

  it('takes the manager of the lockfile, and says when it is not installed', async () => {
    project.write('bun/package.json', JSON.stringify({ scripts: { test: 'true' } }))
    project.write('bun/bun.lock', '')
    const env = { ...(process.env as Record<string, string>), PATH: project.directory }
    expect(
      await runCheck(projectScript, { ...given({ directory: 'bun' }), context: { directory: project.directory, env } }),
    ).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('bun could not be started'),
      remedy: expect.stringContaining('install bun'),
    })
  })

  it('does not take a project without pytest, or without tests, for one whose tests fail', async () => {
    const outcome = await look({ directory: 'py' })
    expect(outcome).toMatchObject({ status: 'unverified' })
  })
})

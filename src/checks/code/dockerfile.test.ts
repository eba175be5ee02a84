import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ANSI } from '../../../test/servers/hostile.ts'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { dockerfile } from './dockerfile.ts'
import { RULES } from './dockerfile/findings.ts'

const SECRET = 'ghp-value-to-hide'
const GOOD = `# syntax=docker/dockerfile:1
ARG NODE_VERSION=24.1
FROM node:\${NODE_VERSION}-slim AS build
WORKDIR /app
COPY . .
RUN npm ci \\
    && npm run build
FROM node:24.1-slim AS final
COPY --from=build /app /app
USER node
HEALTHCHECK CMD ["node", "health.js"]
CMD ["node", "main.js"]
`
let directory = ''

function write(name: string, text: string | Buffer): string {
  writeFileSync(join(directory, name), text)
  return name
}

/** A program of the name hadolint that prints this. */
function planted(name: string, script: string): Record<string, string> {
  const folder = join(directory, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'hadolint'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'hadolint'), 0o755)
  return { PATH: `${folder}:${process.env.PATH}` }
}

const programs: Record<string, Record<string, string>> = {}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-dockerfile-'))
  write('.dockerignore', 'node_modules\n')
  write('Dockerfile', GOOD)
  write(
    'bad.Dockerfile',
    `FROM node:latest\nARG API_TOKEN\nENV DB_PASSWORD=${SECRET} PORT=80\nADD https://files.internal/tool.tgz /opt/\nUSER root\n`,
  )
  write('argument.Dockerfile', GOOD.replace('=24.1\n', '\n'))
  write('huge.Dockerfile', Buffer.alloc((256 << 10) + 1, 'A'))
  write('escapes.Dockerfile', `FROM ${ANSI}\nUSER ${ANSI}\n`)
  write('garbage.Dockerfile', Buffer.from([0, 1, 2, 255, 10, 13, 0]))
  // The form of hadolint 2.12, as its documentation gives it: the program itself cannot be had from the registries of this test.
  const finding = (level: string) =>
    JSON.stringify([{ code: 'DL3008', column: 1, file: '-', level, line: 6, message: `Pin versions ${ANSI}` }])
  programs.warns = planted('warns', `cat <<'EOF'\n${finding('warning')}\nEOF`)
  programs.endless = planted('endless', 'exec yes')
  programs.garbage = planted('garbage', 'echo oops')
  programs.slow = planted('slow', 'exec sleep 30')
  programs.none = { PATH: join(directory, 'empty') }
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const at = (file: string, options: Record<string, unknown> = {}, env = process.env as Record<string, string>) => ({
  options: { file, ...options },
  context: { directory, env },
})

checkContract(dockerfile, {
  passing: () => at('Dockerfile'),
  failing: () => at('bad.Dockerfile'),
  unverified: () => at('argument.Dockerfile'),
  slow: () => at('Dockerfile', { hadolint: 'warning' }, programs.slow),
  unreachable: { status: 'unverified', case: () => at('Dockerfile', { hadolint: 'warning' }, programs.none) },
  hostile: {
    'a file without end': { status: 'unverified', case: () => at('/dev/zero') },
    'a file that is too long': { status: 'unverified', case: () => at('huge.Dockerfile') },
    'escapes for terminals': { status: 'failed', case: () => at('escapes.Dockerfile') },
    'bytes that are no text': { status: 'failed', case: () => at('garbage.Dockerfile') },
    'a linter that prints no findings': {
      status: 'unverified',
      case: () => at('Dockerfile', { hadolint: 'style' }, programs.garbage),
    },
    'a linter that prints without end': {
      status: 'unverified',
      case: () => at('Dockerfile', { hadolint: 'style', timeoutMs: 100 }, programs.endless),
    },
    'a linter that prints escapes': {
      status: 'failed',
      case: () => at('Dockerfile', { hadolint: 'style' }, programs.warns),
    },
  },
  secret: { value: SECRET, case: () => at('bad.Dockerfile', { buildArgs: { API_TOKEN: SECRET } }) },
  mentions: () => ['Dockerfile', 'root-user'],
  recognises: {
    clear: [
      'Dockerfile runs as a non-root user',
      'Base images pinned in `docker/Dockerfile.api`',
      '`Dockerfile` is linted',
      'Dockerfile has a health check',
    ],
    unclear: [
      'Dockerfile created',
      'Docker image built from Dockerfile',
      'Containers run as non-root',
      'Base images are pinned',
      'Dockerfile reviewed',
    ],
  },
})

async function rulesOf(text: string, options: Record<string, unknown> = {}): Promise<string[]> {
  const outcome = await runCheck(
    dockerfile,
    at(write('one.Dockerfile', text), { rules: RULES, directory: '.', ...options }),
  )
  return (outcome.evidence[0]?.content.split('\n') ?? []).map(
    (line) => /^(?:line \d+: )?([\w-]+)/.exec(line)?.[1] ?? line,
  )
}

describe('a container file', () => {
  it('is told everything that is wrong with it, by rule and line, and no value', async () => {
    const outcome = await runCheck(dockerfile, at('bad.Dockerfile'))
    expect(outcome.evidence[0]?.content.split('\n').map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      'line 1 base-latest',
      'line 1 no-healthcheck',
      'line 2 secret-in-image',
      'line 3 secret-in-image',
      'line 4 add-url',
      'line 5 root-user',
    ])
    expect(JSON.stringify(outcome)).not.toContain(SECRET)
  })

  const rest = 'USER app\nHEALTHCHECK CMD true\n'
  const two = `FROM a:1@sha256:00 AS one\n`
  it.each<[string, string, string[]]>([
    ['no tag', `${two}FROM node\n${rest}`, ['base-untagged', 'base-without-digest']],
    ['a port is no tag', `${two}FROM registry:5000/shop/app\n${rest}`, ['base-untagged', 'base-without-digest']],
    ['a digest', `${two}FROM node@sha256:00\n${rest}`, []],
    ['scratch', `${two}FROM scratch\n${rest}`, []],
    ['a stage of its own is no image', `${two}FROM one\n${rest}`, []],
    ['a user of the stage it is built upon', `${two}${rest}FROM one\nCMD x\n`, []],
    ['root again', `${two}FROM one\n${rest}USER 0:0\n`, ['root-user']],
    ['no user', `${two}FROM one\nHEALTHCHECK CMD true\n`, ['root-user']],
    ['a base that has no root', `${two}FROM gcr.io/distroless/nodejs:nonroot@sha256:0\nHEALTHCHECK CMD true\n`, []],
    ['health that is switched off', `${two}FROM one\n${rest}HEALTHCHECK NONE\n`, ['no-healthcheck']],
    ['one stage', `FROM a:1@sha256:00\n${rest}`, ['single-stage']],
    ['an address with a checksum', `${two}FROM one\n${rest}ADD --checksum=sha256:00 https://a/b /c\n`, []],
    ['variables of the run', `${two}FROM one\n${rest}ENV API_KEY=\${KEY} DB_PASSWORD="" TOKEN_FILE=/run/token\n`, []],
  ])('%s', async (_, text, expected) => {
    expect((await rulesOf(text)).toSorted()).toEqual(expected.toSorted())
  })

  it('passes what is allowed, by rule or by rule and line', async () => {
    const text = `${two}FROM one\nADD https://a/b /c\n${rest}`
    expect(await rulesOf(text)).toEqual(['add-url'])
    expect(await rulesOf(text, { allow: ['add-url:3'] })).toEqual([])
    expect(await rulesOf(text, { allow: ['add-url:4'] })).toEqual(['add-url'])
  })

  it('takes build arguments for what is not known', async () => {
    const context = { directory, env: {} }
    const options = { file: 'argument.Dockerfile', buildArgs: { NODE_VERSION: '24.1' } }
    expect(await runCheck(dockerfile, { options, context })).toMatchObject({ status: 'passed' })
  })

  it('wants a list of what is not sent to the builder', async () => {
    mkdirSync(join(directory, 'bare'))
    writeFileSync(join(directory, 'bare', 'Dockerfile'), GOOD)
    expect(await runCheck(dockerfile, at('bare/Dockerfile'))).toMatchObject({
      summary: 'bare/Dockerfile: 1 finding: no-dockerignore',
    })
    expect(await runCheck(dockerfile, at('bare/Dockerfile', { directory: '.' }))).toMatchObject({ status: 'passed' })
  })

  it('counts the findings of hadolint from the level that is wanted', async () => {
    const run = (options: Record<string, unknown>) => runCheck(dockerfile, at('Dockerfile', options, programs.warns))
    expect(await run({ hadolint: 'warning' })).toMatchObject({ summary: 'Dockerfile: 1 finding: DL3008 (line 6)' })
    expect(await run({ hadolint: 'error' })).toMatchObject({ status: 'passed' })
    expect(await run({ hadolint: 'warning', allow: ['DL3008'] })).toMatchObject({ status: 'passed' })
  })

  it('proposes the rules that the words name', () => {
    expect(dockerfile.recognise?.(itemOf('`Dockerfile` runs as non-root and has a health check'))?.options).toEqual({
      file: 'Dockerfile',
      rules: ['root-user', 'no-healthcheck'],
    })
  })
})

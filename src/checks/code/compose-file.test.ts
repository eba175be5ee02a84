import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkContract, itemOf, runCheck } from '../../../test/contracts/check-contract.ts'
import { composeFile } from './compose-file.ts'

const SECRET = 'compose-value-to-hide'
const GOOD = `
x-usual: &usual
  restart: unless-stopped
  healthcheck: { test: [CMD, check] }
  mem_limit: 512m
services:
  app:
    <<: *usual
    image: shop/app:\${VERSION:-1.4.0}
    ports: ["80:8080"]
    depends_on: { db: { condition: service_healthy } }
    environment: { PASSWORD: "${SECRET}" }
  db:
    <<: *usual
    image: postgres:18.1
    ports: ["127.0.0.1:5432:5432"]
    volumes: ["data:/var/lib/postgresql", "./init.sql:/init.sql:ro"]
volumes:
  data:
`
let directory = ''

function write(name: string, text: string | Buffer): string {
  mkdirSync(dirname(join(directory, name)), { recursive: true })
  writeFileSync(join(directory, name), text)
  return name
}

/** A program of the name docker. */
function planted(name: string, script: string): Record<string, string> {
  write(`${name}/docker`, `#!/bin/sh\n${script}\n`)
  chmodSync(join(directory, name, 'docker'), 0o755)
  return { PATH: `${join(directory, name)}:${process.env.PATH}` }
}

const programs: Record<string, Record<string, string>> = {}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gonogo-compose-'))
  write('compose.yml', GOOD)
  write('bad.yaml', 'services:\n  db:\n    image: postgres\n    ports: ["5432:5432"]\n    privileged: true\n')
  write('twice.yaml', 'services:\n  a: { image: b:1 }\n  a: { image: c:1 }\n')
  write('escapes.yaml', 'services:\n  "a\\e[2J":\n    image: "x\\e[31m"\n')
  write(
    'laughs.yaml',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]`).join('\n')}\nservices: *i\n`,
  )
  write('circle.yaml', 'include: [circle.yaml]\nservices: {}\n')
  write('itself.yaml', 'services:\n  a: { extends: b }\n  b: { extends: { service: a } }\n')
  write('far.yaml', 'include: ["https://127.0.0.1:1/compose.yaml"]\nservices: {}\n')
  write('huge.yaml', Buffer.alloc((1 << 20) + 1, 'a'))
  programs.none = { PATH: join(directory, 'empty') }
  programs.slow = planted('slow', 'exec sleep 30')
  programs.refuses = planted('refuses', '[ "$2" = version ] && exit 0; echo "services.app: nonsense" >&2; exit 15')
  programs.takes = planted('takes', 'exit 0')
  programs.bare = planted('bare', 'echo "docker: unknown command: docker compose" >&2; exit 1')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const at = (
  file: string | string[] | undefined,
  options: Record<string, unknown> = {},
  env: Record<string, string> = {},
) => ({
  options: { ...(file ? { file } : {}), ...options },
  context: { directory, env },
})

checkContract(composeFile, {
  passing: () => at(undefined, { services: ['app', 'db'] }),
  failing: () => at('bad.yaml'),
  unverified: () => at('far.yaml'),
  slow: () => at('compose.yml', { engine: true }, programs.slow),
  unreachable: { status: 'unverified', case: () => at('compose.yml', { engine: true }, programs.none) },
  hostile: {
    'the same key twice': { status: 'failed', case: () => at('twice.yaml') },
    'escapes for terminals': { status: 'failed', case: () => at('escapes.yaml') },
    'aliases that multiply': { status: 'failed', case: () => at('laughs.yaml') },
    'a file that includes itself': { status: 'unverified', case: () => at('circle.yaml') },
    'services that extend each other': { status: 'failed', case: () => at('itself.yaml') },
    'a file without end': { status: 'unverified', case: () => at('/dev/zero') },
    'a file that is too long': { status: 'unverified', case: () => at('huge.yaml') },
  },
  secret: { value: SECRET, case: () => at('bad.yaml', {}, { POSTGRES_PASSWORD: SECRET }) },
  mentions: () => ['app, db', 'no-health-check'],
  recognises: {
    clear: [
      'All services in `docker-compose.yml` have health checks',
      'Memory limits set in compose.prod.yaml',
      '`deploy/compose.yaml` is valid',
      'docker-compose.yml: images pinned, restart policies set',
    ],
    unclear: [
      'docker-compose.yml updated',
      'Edit `docker-compose.yml`',
      'All services have health checks',
      'Verify docker-compose.yml configuration',
      '`docker compose up -d` works',
    ],
  },
})

async function rulesOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const options = { rules: composeFile.options.parse({ rules: [] }).rules }
  const { rules: _, ...rest } = options
  const outcome = await runCheck(composeFile, at(write('one.yaml', text), rest, env))
  return (outcome.evidence[0]?.content.split('\n') ?? [])
    .flatMap((line) => /^[\w-]+: ([a-z-]+):/.exec(line)?.[1] ?? [])
    .toSorted()
}

const KEEPS = 'restart: always, mem_limit: 1g, healthcheck: { test: x }'
const one = (rest: string, more = ''): string => `services:\n  a: { ${KEEPS}, ${rest} }\n${more}`

describe('a compose file', () => {
  it('is told everything that is wrong with it', async () => {
    const outcome = await runCheck(composeFile, at('bad.yaml'))
    expect(outcome.evidence[0]?.content.split('\n').map((line) => line.split(': ')[1])).toEqual([
      'no-health-check',
      'no-restart-policy',
      'no-limits',
      'image-untagged',
      'privileged',
      'database-published',
    ])
  })

  it.each<[string, string, string[]]>([
    [
      'limits of a deployment',
      'services:\n  a: { image: b:1, restart: always, healthcheck: { test: x }, deploy: { resources: { limits: { memory: 1g } } } }\n',
      [],
    ],
    [
      'a restart policy of a deployment',
      'services:\n  a: { image: b:1, mem_limit: 1g, healthcheck: { test: x }, deploy: { restart_policy: {} } }\n',
      [],
    ],
    [
      'health that is switched off',
      one('image: "b:1", healthcheck: { disable: true }').replace('healthcheck: { test: x }, ', ''),
      ['no-health-check'],
    ],
    ['latest', one('image: "b:latest"'), ['image-latest']],
    ['a variable that is set nowhere', one('image: "b:${NOWHERE}"'), ['image-untagged']],
    ['what is built here', one('build: ., image: b'), []],
    ['a digest', one('image: "b@sha256:00"'), []],
    [
      'the socket of the engine',
      one('image: "b:1", volumes: ["/var/run/docker.sock:/var/run/docker.sock"]'),
      ['engine-socket'],
    ],
    ['the network of the host', one('image: "b:1", network_mode: host'), ['host-network']],
    ['a database at all addresses', one('image: "redis:8.2", ports: ["0.0.0.0:16379:6379"]'), ['database-published']],
    [
      'a database in the long form',
      one('image: "b:1", ports: [{ target: 5432, published: 5432 }]'),
      ['database-published'],
    ],
    ['a database at one address', one('image: "redis:8.2", ports: [{ target: 6379, host_ip: 127.0.0.1 }]'), []],
    [
      'volumes',
      one('image: "b:1", volumes: ["data:/data", /cache, "./x:/x", "C:/y:/y"]'),
      ['volume-anonymous', 'volume-undeclared'],
    ],
    [
      'a volume in the long form',
      one('image: "b:1", volumes: [{ type: volume, source: data, target: /d }]', 'volumes: { data: }'),
      [],
    ],
    ['a dependency that is not there', one('image: "b:1", depends_on: [c]'), ['unknown-service']],
  ])('%s', async (_, text, expected) => {
    expect(await rulesOf(text)).toEqual(expected)
  })

  it('takes variables from the environment before those of .env', async () => {
    write('sub/.env', 'TAG=latest\n')
    write('sub/compose.yaml', one('image: "b:${TAG:?needed}"'))
    expect(await runCheck(composeFile, at('sub/compose.yaml'))).toMatchObject({
      summary: expect.stringContaining('image-latest'),
    })
    expect(await runCheck(composeFile, at('sub/compose.yaml', {}, { TAG: '2.0' }))).toMatchObject({ status: 'passed' })
  })

  it('goes over those before it, extends others and takes others in', async () => {
    write('parts/base.yaml', `services:\n  usual: { ${KEEPS}, image: "b:1" }\n`)
    write('parts/more.yaml', one('image: "c:1"').replace('  a:', '  more:'))
    write(
      'whole.yaml',
      'include: [parts/more.yaml]\nservices:\n  a: { extends: { file: parts/base.yaml, service: usual }, image: b }\n  b: { extends: a, image: "b:2" }\n',
    )
    write('over.yaml', 'services:\n  a: { image: "b:3" }\n')
    expect(await runCheck(composeFile, at('whole.yaml', { services: ['a', 'b', 'more'] }))).toMatchObject({
      status: 'failed',
      summary: 'whole.yaml: 1 finding: image-untagged (a)',
    })
    expect(await runCheck(composeFile, at(['whole.yaml', 'over.yaml']))).toMatchObject({ status: 'passed' })
    expect(await runCheck(composeFile, at(['whole.yaml', 'over.yaml'], { services: ['gone'] }))).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('there is no service gone'),
    })
  })

  it('may be allowed what is meant, by rule or by rule and service', async () => {
    write('allowed.yaml', one('image: b'))
    const run = (allow: string[]) => runCheck(composeFile, at('allowed.yaml', { allow }))
    expect(await run(['image-untagged:a'])).toMatchObject({ status: 'passed' })
    expect(await run(['image-untagged'])).toMatchObject({ status: 'passed' })
    expect(await run(['image-untagged:b'])).toMatchObject({ status: 'failed' })
  })

  it('must be taken by docker compose where that is wanted', async () => {
    const run = (env: Record<string, string> | undefined) =>
      runCheck(composeFile, at('compose.yml', { engine: true }, env))
    expect(await run(programs.takes)).toMatchObject({ status: 'passed' })
    expect(await run(programs.refuses)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('nonsense'),
    })
    expect(await run(programs.bare)).toMatchObject({
      status: 'unverified',
      summary: expect.stringContaining('plug-in'),
    })
  })

  it('is proposed the rules that the words name', () => {
    expect(composeFile.recognise?.(itemOf('docker-compose.yml: images pinned, restart policies set'))?.options).toEqual(
      {
        file: 'docker-compose.yml',
        rules: ['no-restart-policy', 'image-untagged', 'image-latest'],
      },
    )
  })
})

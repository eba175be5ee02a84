// A secret in options, addresses, headers, bodies, the environment or in what the other side sends back is never found in what a check
// says, whichever kind it is: every kind of the catalogue is asked with secrets planted wherever it takes one, against servers that send
// back all they hear and programs that print all they see.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { kindsOf, loadKinds } from '../../src/catalog/catalog.ts'
import type { Check } from '../../src/checks/check.ts'
import { lookAt } from '../../src/conduct/checking/look-at.ts'
import { createRedactor, secretsByName } from '../../src/lib/redact.ts'
import { startHostile, type HostileServer } from '../servers/hostile.ts'
import { noData } from './no-data.ts'

await loadKinds(['check'])

/** Known only because it stands in a secret option. */
const IN_OPTIONS = 'c4n4ry-in-0pti0ns'
/** Known only by the name of its variable. */
const IN_ENVIRONMENT = 'c4n4ry-in-env1r0nment'
const LOOK_MS_MAX = 4000
const PROGRAMS =
  'kubectl helm docker git npm npx pnpm yarn pm2 systemctl k6 wrk vegeta hey hadolint cosign chronyc timedatectl sh bash make'

let server: HostileServer
let directory = ''
let env: Record<string, string> = {}
beforeAll(async () => {
  server = await startHostile()
  directory = mkdtempSync(join(tmpdir(), 'gonogo-secrets-'))
  mkdirSync(join(directory, 'bin'))
  const script = `#!${process.execPath}\nconsole.log(process.argv, process.env); console.error(process.env); process.exit(1)\n`
  for (const program of PROGRAMS.split(' ')) {
    writeFileSync(join(directory, 'bin', program), script)
    chmodSync(join(directory, 'bin', program), 0o755)
  }
  env = { PATH: join(directory, 'bin'), DEPLOY_TOKEN: IN_ENVIRONMENT, HOME: directory }
})
afterAll(async () => {
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** Kinds whose examples take their secrets from nowhere: another form of them does. */
const OTHERWISE: Readonly<Record<string, object>> = {
  'sql-count': { postgres: 'postgres://ann:secret@db/app', query: 'SELECT 1', equals: 1 },
  'clock-skew': { url: 'http://127.0.0.1/' },
  'log-scan': { command: ['journalctl', '-u', 'app'], ratePerMinuteMax: 1 },
}

/** The example, asking our servers, with a secret in every option that may hold one. */
function planted(kind: Check): Record<string, unknown> {
  const example = structuredClone(OTHERWISE[kind.id] ?? kind.example) as Record<string, unknown>
  const properties = z.toJSONSchema(kind.options, { io: 'input' }).properties ?? {}
  for (const field of kind.secretFields) {
    const fits = candidates(example[field], properties[field]).find(
      (value) => kind.options.safeParse({ ...example, [field]: value }).success,
    )
    if (fits !== undefined) example[field] = fits
  }
  return example
}

function candidates(written: unknown, schema: unknown): unknown[] {
  const host = server.url.replace('http://', '')
  const address = `http://ann:${IN_OPTIONS}@${host}/echo?token=${IN_OPTIONS}`
  const elsewhere = ['postgres', 'redis', 'bolt', 'amqp', 'ws', 'https'].map(
    (scheme) => `${scheme}://ann:${IN_OPTIONS}@127.0.0.1:1/x`,
  )
  const texts = [address, ...elsewhere, IN_OPTIONS, [`/x`, `/x?token=${IN_OPTIONS}`], [IN_OPTIONS], [address]]
  const map = { authorization: `Bearer ${IN_OPTIONS}`, 'x-api-key': IN_OPTIONS }
  if (Array.isArray(written) && typeof written[0] === 'object')
    return [written.map((part: object) => ({ ...part, headers: map })), written]
  return (schema as { type?: string } | undefined)?.type === 'object' ? [map] : [...texts, map]
}

const forms = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(`ann:${secret}`).toString('base64').replace(/=+$/, ''),
]

describe.concurrent.each(kindsOf('check').map((kind) => [kind.id, kind] as const))('%s', (check, kind) => {
  it('says no secret in its dry run, its words, its evidence', async () => {
    const options = planted(kind)
    const redactor = createRedactor(secretsByName(env))
    const outcome = await lookAt(
      { type: 'check', check, options, timeoutMs: LOOK_MS_MAX, policy: null },
      {
        directory,
        stateDirectory: directory,
        env,
        environment: 'production',
        resolve: (value) => value,
        data: noData,
        redactor,
        clock: Date.now,
      },
      new AbortController().signal,
    )
    const said = JSON.stringify([outcome, kind.describe(kind.options.parse(options))])
    for (const form of [...forms(IN_OPTIONS), ...forms(IN_ENVIRONMENT)]) expect(said).not.toContain(form)
  })
})

it('the secrets were really planted', () => {
  const kinds = kindsOf('check').filter(({ secretFields }) => secretFields.length > 0)
  const bare = kinds.filter((kind) => !JSON.stringify(planted(kind)).includes(IN_OPTIONS)).map(({ id }) => id)
  expect(bare).toEqual([])
})

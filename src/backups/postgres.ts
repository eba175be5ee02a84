// Backup kind `postgres`: a dump of one moment, proved by restoring it, and put back by renaming a database that was filled beside.
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { OutsideError } from '../lib/errors.ts'
import { forLibpq, partsOf, shownPlace } from '../databases/postgres/place.ts'
import { defineBackup, type Backup, type BackupContext } from './backup.ts'
import { createKeeping, keepingOptions, rulesOptions } from './keeping.ts'
import { majorOf } from './postgres/dump.ts'
import { preview } from './postgres/preview.ts'
import { layReady, restore } from './postgres/put-back.ts'
import { onDatabase, type Server } from './postgres/scratch.ts'
import { exists, keptName, stagedName } from './postgres/swap.ts'
import { swapShell } from './postgres/swap-shell.ts'
import { takeCopy, verifyCopy, type Making } from './postgres/take-copy.ts'
import { findTools } from './postgres/tools.ts'
import { openStores, storeSecretFields } from './stores/stores.ts'

const postgresUrl = z
  .string()
  .refine(
    (text) => /\$\{(?:env|file):[^}]+\}/.test(text) || (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)),
    'not a URL that begins with postgres:// or postgresql://',
  )

const options = z.strictObject({
  url: postgresUrl.describe('The database; a secret: write ${env:DATABASE_URL}'),
  directory: z.string().min(1).optional().describe('Where copies are kept; default: .gonogo/backups/NAME'),
  ...keepingOptions,
  ...rulesOptions,
  check: z
    .enum(['restore', 'none'])
    .default('restore')
    .describe('A copy is proved by restoring it into a scratch database; with none it stays unverified'),
  scratchUrl: postgresUrl
    .optional()
    .describe('A database of the server where scratch databases are made; a secret; default: the same server'),
  maintenance: z
    .string()
    .min(1)
    .default('postgres')
    .describe('Database to be connected to while the one of `url` is renamed'),
  jobs: z.number().int().min(1).max(64).default(2).describe('How many tables are copied or restored at once'),
  tools: z.string().min(1).optional().describe('Directory of pg_dump, pg_restore and psql; default: searched'),
  restorePoint: z
    .boolean()
    .default(false)
    .describe('Also name the moment in the log of the server, for its own point-in-time recovery: above tens of GB'),
  lockTimeoutMs: z
    .number()
    .int()
    .min(1)
    .max(3_600_000)
    .default(30_000)
    .describe("How long to wait for another connection's lock"),
  timeoutMs: z
    .number()
    .int()
    .min(1000)
    .max(86_400_000)
    .default(3_600_000)
    .describe('Longest a copy or restore may take'),
})
export type Options = z.output<typeof options>

export const postgres = defineBackup<Options>({
  id: 'postgres',
  summary: 'Consistent copies of a Postgres database, proved by restoring them, and an atomic way to put one back',
  options: options as z.ZodType<Options>,
  example: { url: '${env:DATABASE_URL}', keep: 5, jobs: 2 },
  failingExample: { url: 'postgres://nobody@127.0.0.1:1/missing' },
  secretFields: ['url', 'scratchUrl', ...storeSecretFields],
  describe: ({ url, check, rules, upload, restorePoint }) =>
    [
      `copy ${shownPlace(url)} at one moment while it is in use`,
      check === 'restore' ? 'restore the copy into scratch and compare rows per table' : '',
      rules === undefined ? '' : `run the rules of ${rules} on it`,
      restorePoint ? 'set a restore point' : '',
      upload.length === 0 ? '' : `put it into ${upload.map(({ store }) => store).join(' and ')} too`,
    ]
      .filter(Boolean)
      .join(', '),
  create: createBackup,
})

function createBackup(given: Options, context: BackupContext): Backup {
  const directory = given.directory
    ? resolve(context.directory, given.directory)
    : join(context.stateDirectory, 'backups', context.name)
  const keeping = createKeeping({
    directory,
    kind: 'postgres',
    stores: openStores(given.upload, context),
    retention: given,
    inUse: () => [],
  })
  const { url, maintenance, lockTimeoutMs, timeoutMs, jobs } = given
  const tools = given.tools === undefined ? undefined : resolve(context.directory, given.tools)
  const server: Server = { url, maintenance, lockTimeoutMs, timeoutMs }
  const making: Making = {
    ...given,
    server,
    scratch:
      given.scratchUrl === undefined
        ? server
        : { ...server, url: given.scratchUrl, maintenance: partsOf(given.scratchUrl).database },
    directory,
    tools,
    rules: given.rules,
    validate: given.rules === undefined ? undefined : context.validate,
  }

  return {
    async create(signal) {
      const manifest = await takeCopy(making, signal)
      await keeping.add(manifest, signal)
      return manifest
    },

    list: () => keeping.list(),
    troubles: () => keeping.troubles(),

    async verify(manifest, signal) {
      return verifyCopy(await keeping.fetch(manifest, signal), making, signal)
    },

    async preview(manifest) {
      const signal = AbortSignal.timeout(timeoutMs)
      return preview(await keeping.fetch(manifest, signal), making, signal)
    },

    async restore(manifest, { skipValidation, keepNewer, signal }) {
      if (keepNewer)
        throw new OutsideError('backup', 'rows written since the backup are not carried over on Postgres', {
          hint: 'restore without it: the replaced database is kept, copy the rows from there',
        })
      const startedAt = performance.now()
      const here = await keeping.fetch(manifest, signal)
      const done = await restore(here, { server, jobs, tools }, { skipValidation, signal })
      return { durationMs: Math.round(performance.now() - startedAt), ...done }
    },

    async stage(manifest, signal) {
      const live = partsOf(url).database
      const { isThere, major } = await onDatabase(server, maintenance, signal, async (session) => ({
        isThere: await exists(session, stagedName(live, manifest.id)),
        major: majorOf(session),
      }))
      const here = isThere ? manifest : await keeping.fetch(manifest, signal)
      const staged = await layReady(here, { server, jobs, tools }, isThere, signal)
      const shell = swapShell({
        url,
        maintenance,
        passwordFile: keepPassword(url, directory),
        bin: (await findTools(major, tools)).directory,
        live,
        staged,
        kept: keptName(live, Date.now()),
      })
      return { stage: 'data', title: `${live} back to the backup ${manifest.id}`, shell, files: {} }
    },
  }
}

/** For psql when nothing of gonogo runs: readable for this user alone, and never in the script itself. */
function keepPassword(url: string, directory: string): string | null {
  const { PGPASSWORD: password } = forLibpq(url).env
  if (password === undefined) return null
  const file = join(directory, '.pgpass')
  writeFileAtomic(file, `*:*:*:*:${password.replaceAll(/[\\:]/g, String.raw`\$&`)}\n`, 0o600)
  return file
}

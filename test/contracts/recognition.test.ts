// Every kind of check beside every other: what is proposed for a sentence, and that it is always valid.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { kindsOf, loadKinds } from '../../src/catalog/catalog.ts'
import { readChecklist } from '../../src/checklist/read.ts'
import { CONFIDENCE_MIN, recognise, withProposals, type Recogniser } from '../../src/checklist/statements/recognise.ts'
import type { Item, Proposal } from '../../src/plan/plan.ts'

await loadKinds()

const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared')
const DOCUMENTS = ['checklists', 'corpus']
  .map((folder) => join(SHARED, folder))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.md'))
if (DOCUMENTS.length === 0) console.warn(`SKIPPED: proposals for real documents; ${SHARED} is absent`)

function itemsOf(path: string, bytes: Uint8Array): Item[] {
  return withProposals(readChecklist(path, bytes), kindsOf('check')).items
}

function proposed(line: string): Proposal | null {
  const document = `# Shop\n\n## Production readiness\n\n- [ ] ${line}\n`
  return itemsOf('shop.md', new TextEncoder().encode(document)).find(({ box }) => box !== null)?.proposal ?? null
}

const validate = ({ check, options }: Proposal): void => {
  const kind = kindsOf('check').find(({ id }) => id === check)
  if (!kind) throw new Error(`there is no kind ${check}`)
  kind.options.parse(options)
}

describe('a sentence', () => {
  it.each<[string, string, Record<string, unknown>]>([
    [
      'Shop answers: `https://shop.internal/health` returns 200',
      'http',
      { url: 'https://shop.internal/health', status: 200 },
    ],
    ['`/readyz` returns 200', 'http', { url: '${env:BASE_URL}/readyz', status: 200 }],
    ['Health check: `curl -f http://localhost:8080/health`', 'http', { url: 'http://localhost:8080/health' }],
    ['Postgres reachable at `db.internal:5432`', 'tcp', { host: 'db.internal', port: 5432 }],
    ['TLS certificate of shop.internal is valid', 'tls', { host: 'shop.internal' }],
    ['`shop.internal` resolves to 10.1.2.3', 'dns', { name: 'shop.internal', records: ['10.1.2.3'] }],
    ['`sqlite3 data/app.db "PRAGMA integrity_check"` returns ok', 'sqlite-integrity', { path: 'data/app.db' }],
    ['Redis is up on localhost:6379', 'redis-ping', { url: 'redis://localhost:6379' }],
    ['`SMTP_HOST` and `SMTP_PORT` are set', 'env', { present: ['SMTP_HOST', 'SMTP_PORT'] }],
    ['`NODE_ENV` is set to `production`', 'env', { matching: { NODE_ENV: '^production$' } }],
    ['Node.js 20+ installed', 'node-version', { range: '>=20' }],
    ['At least 5 GB of free disk space', 'disk', { path: '.', freeBytesMin: 5 * 1024 ** 3 }],
    ['At least 2 GB free memory', 'memory', { freeBytesMin: 2 * 1024 ** 3 }],
    ['Permissions of `.env` are 600', 'file-permissions', { path: '.env', modeMax: '0600' }],
    ['Working tree is clean', 'git-state', { clean: true }],
    ['Tag `v3.1.0` pushed', 'git-tag', { tag: 'v3.1.0' }],
    ['Linter is happy: `npm run lint` passes', 'command', { shell: 'npm run lint' }],
  ])('%s: %s', (line, check, options) => {
    const proposal = proposed(line)
    expect(proposal).toMatchObject({ check, options })
    validate(proposal as Proposal)
  })

  it.each([
    ['an order', 'Set `NODE_ENV=production`'],
    ['a command that changes something', 'Migrations applied (`npm run migrate`)'],
    ['a command that destroys', 'Cache is clean: `redis-cli FLUSHALL`'],
    ['a command with something to fill in', 'Release is out (`kubectl get deployment <NAME>`)'],
    ['a placeholder for a host', '`https://your-app.com/health` responds'],
    ['a name somebody wrote down', 'Environment variables documented: `DATABASE_URL`'],
    ['a name kept elsewhere', '`DEPLOY_TOKEN` set in GitHub Actions'],
    ['an alert on usage', 'Alerts fire when disk usage is above 80%'],
    ['a version nobody asked of this host', 'Base image upgraded from node:18 to node:20'],
    ['people', 'Team informed that https://shop.internal/health responds'],
    ['a function of the team', 'Checkout works'],
    ['two addresses', '`/healthz` and `/readyz` respond'],
    ['files that are no address', '`/etc/nginx/nginx.conf` loads'],
    ['several commands', 'Scanned with `npm audit` and `snyk test`'],
  ])('about %s gets none', (_, line) => expect(proposed(line)).toBeNull())

  it('that names trouble gets none: a check that passes would say all is well', () => {
    const document =
      '# Shop\n\n## Roll back if\n\n- [ ] `https://shop.internal/health` returns 500\n- [ ] Redis is down\n'
    for (const { proposal } of itemsOf('shop.md', new TextEncoder().encode(document))) expect(proposal).toBeNull()
  })
})

describe('of several kinds', () => {
  const item = { kind: 'check', polarity: 'good', verifiable: 'machine' } as Item
  const saying = (id: string, confidence: number): Recogniser => ({
    id,
    recognise: () => ({ options: {}, confidence, why: 'says "it"' }),
  })
  const chosen = (...kinds: Recogniser[]): string | null => recognise(item, kinds)?.check ?? null

  it('the surest is proposed, none of two that are as sure', () => {
    expect(chosen(saying('dns', 0.7), saying('tls', 0.9))).toBe('tls')
    expect(chosen(saying('dns', 0.85), saying('tls', 0.86))).toBeNull()
  })

  it('the one that knows the thing by name goes before a command that would be run', () => {
    expect(chosen(saying('command', 0.85), saying('http', 0.85))).toBe('http')
    expect(chosen(saying('command', 0.85), saying('http', 0.85), saying('tcp', 0.85))).toBeNull()
  })

  it('nothing is proposed that is less than likely', () => {
    expect(chosen(saying('dns', CONFIDENCE_MIN - 0.01))).toBeNull()
  })
})

describe.skipIf(DOCUMENTS.length === 0)('every real document', () => {
  it.each(DOCUMENTS)('%s: what is proposed is valid and quotes the words it rests on', (path) => {
    for (const { proposal } of itemsOf(path, readFileSync(path))) {
      if (!proposal) continue
      validate(proposal)
      expect(proposal.confidence).toBeGreaterThanOrEqual(CONFIDENCE_MIN)
      expect(proposal.why).toMatch(/^says "[^"]+"/)
    }
  })
})

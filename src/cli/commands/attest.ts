// gonogo attest: states something in somebody's name, in the file of records that a check of kind "attestation" judges.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { openProject, planProject, surroundingsOf, type Surroundings } from '../../app/project.ts'
import { findKind, parseOptions } from '../../catalog/catalog.ts'
import type { Project } from '../../config/load.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { withAttestation, type Attestation } from '../../lib/attestation-file.ts'
import { parseDurationMs } from '../../lib/duration.ts'
import { codeOf, OutsideError, PlanError } from '../../lib/errors.ts'
import { exec } from '../../lib/exec.ts'
import { nearest } from '../../lib/nearest.ts'
import { plural } from '../../lib/plural.ts'
import type { ReleasePlan } from '../../plan/release-plan.ts'
import { withExclusiveLock } from '../../store/exclusive-lock.ts'
import { print, whoIs, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { findItem } from '../plan/find-item.ts'

interface AttestOptions extends GlobalOptions {
  as?: string
  evidence?: string
  expires?: string
  for?: string
  note?: string
}

/** What a bound check of kind "attestation" asks for. */
interface Asked {
  item: string
  statement: string
  file: string
  people: string[]
  role?: string
  evidenceWanted: boolean
  version?: string
  commit: boolean
}

const LOCK_TIMEOUT_MS = 15_000
const GIT_TIMEOUT_MS = 30_000

/**
 * Writes a record that counts, or none.
 * @throws PlanError where nobody asks for the statement, and for one that would not count: by somebody else, without its evidence.
 */
export async function attest(given: string, options: AttestOptions): Promise<number> {
  const project = await openProject(options.project)
  const { plan } = await planProject(project)
  const surroundings = surroundingsOf(project, plan.environment)
  const asked = askedFor(plan, given, surroundings)
  const record = await recordOf(asked, project, options)
  await add(project, asked.file, record)
  const until = record.expires ? `, until ${record.expires.slice(0, 10)}` : ''
  print(`${record.by} stated "${record.statement}" in ${asked.file}${until}; commit that file`)
  return EXIT.ok
}

/** The statement of that name, or of the item that is meant. */
function askedFor(plan: ReleasePlan, given: string, surroundings: Surroundings): Asked {
  const all = plan.items.flatMap(({ item, binding }): Asked[] => {
    if (binding.type !== 'check' || binding.check !== 'attestation') return []
    const place = { path: `bindings/${item}` }
    const kind = findKind('check', binding.check, place)
    const options = parseOptions(kind.options, surroundings.resolve(binding.options), place)
    return [{ item, ...(options as Omit<Asked, 'item'>) }]
  })
  const named = all.find(({ statement }) => statement === given)
  if (named) return named
  const statements = all.map(({ statement }) => statement)
  const suggestion = nearest(given, statements)
  if (suggestion)
    throw new PlanError(`nothing asks for the statement "${given}"`, { hint: `did you mean "${suggestion}"?` })
  const item = findItem(plan.checklist, given)
  const meant = all.find((one) => one.item === item.id)
  if (meant) return meant
  throw new PlanError(`${item.id} asks for no statement`, {
    file: plan.checklist.document.path,
    line: item.line,
    expected:
      statements.length > 0
        ? `one of ${statements.join(', ')}`
        : 'an item that is bound to a check of kind "attestation"',
    hint: '"gonogo checks attestation" shows how an item is bound to one',
  })
}

async function recordOf(asked: Asked, project: Project, options: AttestOptions): Promise<Attestation> {
  const by = whoIs(options).trim()
  const roles = Object.entries(project.config.people).flatMap(([role, people]) => (people.includes(by) ? [role] : []))
  requireAllowed(asked, by, roles)
  const evidence = evidenceOf(asked, project, options.evidence)
  const version = options.for ?? asked.version
  const now = new Date()
  return {
    statement: asked.statement,
    by,
    roles,
    at: moment(now.getTime()),
    ...(evidence === null ? {} : { evidence }),
    ...(options.expires === undefined ? {} : { expires: moment(expiryOf(options.expires, now.getTime())) }),
    ...(version === undefined ? {} : { version }),
    ...(asked.commit ? { commit: await commitOf(project.directory, asked.file) } : {}),
    ...(options.note === undefined ? {} : { note: options.note }),
  }
}

function requireAllowed({ statement, people, role }: Asked, by: string, roles: readonly string[]): void {
  if (by === '') throw new PlanError('--as names nobody', { expected: 'the name of who states it' })
  if (people.length > 0 && !people.includes(by))
    throw new PlanError(`${by} may not state "${statement}"`, { expected: `one of ${people.join(', ')}` })
  if (role !== undefined && !roles.includes(role))
    throw new PlanError(`${by} may not state "${statement}": only ${role} may`, {
      hint: `who is ${role} stands under \`people\` in gonogo.yaml`,
    })
}

/** An address, or a file of the project by its path there. */
function evidenceOf({ statement, evidenceWanted }: Asked, { directory }: Project, given?: string): string | null {
  if (given === undefined) {
    if (!evidenceWanted) return null
    throw new PlanError(`"${statement}" counts only with evidence`, { hint: 'name it: --evidence LINK' })
  }
  if (/^https?:\/\//i.test(given) && URL.canParse(given)) {
    const { username, password } = new URL(given)
    if (username === '' && password === '') return given
    throw new PlanError('--evidence has a password in it', { expected: 'an address that may be read by everybody' })
  }
  const path = relative(directory, resolve(directory, given))
  if (given !== '' && !path.startsWith('..') && !isAbsolute(path) && existsSync(join(directory, path))) return path
  throw new PlanError(`--evidence "${given}" is neither an address nor a file of the project`, {
    expected: 'one like https://..., or docs/review.pdf',
  })
}

/** `90d`, or a day: `2027-03-31`. */
function expiryOf(given: string, nowMs: number): number {
  const durationMs = parseDurationMs(given)
  const at =
    durationMs === null ? (/^\d{4}-\d{2}-\d{2}/.test(given) ? Date.parse(given) : Number.NaN) : nowMs + durationMs
  if (at > nowMs && at <= 8.64e15) return at
  throw new PlanError(`--expires "${given}" is no time to come`, { expected: 'one like "90d" or "2027-03-31"' })
}

/** `2026-11-21T10:15:00Z` */
function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The commit that is checked out; what is not committed would not be covered by it. @throws PlanError then. */
async function commitOf(directory: string, file: string): Promise<string> {
  const git = (...args: string[]) =>
    exec('git', ['--no-optional-locks', ...args], { cwd: directory, timeoutMs: GIT_TIMEOUT_MS })
  const [head, changed] = [
    await git('rev-parse', 'HEAD'),
    await git('diff', '--no-ext-diff', '--name-only', '-z', 'HEAD', '--', ':/', `:(exclude)${file}`),
  ]
  if (head.exitCode !== 0 || changed.exitCode !== 0)
    throw new PlanError('this statement is for a commit, and git knows none here', { hint: 'commit the code first' })
  const files = changed.stdout.split('\0').filter(Boolean)
  if (files.length > 0)
    throw new PlanError(`${plural(files.length, 'file')} changed since the last commit (${files[0]})`, {
      expected: 'code that is committed: the statement is for a commit',
    })
  return head.stdout.trim()
}

/** Old file or new one, and of two who write at once neither loses the other's record. */
async function add({ directory, stateDirectory }: Project, file: string, record: Attestation): Promise<void> {
  const path = resolve(directory, file)
  mkdirSync(stateDirectory, { recursive: true })
  await exclusively(join(stateDirectory, 'attest.lock'), file, async () => {
    const text = withAttestation(readIfThere(path), record)
    if (text === null)
      throw new PlanError('is no file of statements', { file, expected: 'a map with the list `attestations`' })
    writeFileAtomic(path, text)
  })
}

async function exclusively(lock: string, file: string, work: () => Promise<void>): Promise<void> {
  try {
    await withExclusiveLock(lock, LOCK_TIMEOUT_MS, work)
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    throw new OutsideError(file, 'another "gonogo attest" has been writing it for long', {
      retryable: true,
      hint: 'let it end, then try again',
      cause: error,
    })
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw new PlanError(`cannot be read (${codeOf(error)})`, { file: path })
  }
}

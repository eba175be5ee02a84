// What checks of code hosts share: pages that are read to an end that is bounded, and what this folder is a clone of.
import { askJson, type JsonAnswer } from '../../lib/ask-json.ts'
import { OutsideError } from '../../lib/errors.ts'
import type { CheckContext } from '../check.ts'
import { objectOf, objectsOf, type Access } from '../instrument.ts'

const PAGES_MAX = 10
/** The most that both hosts give in a page. */
export const PAGE_SIZE = 100

export type Entry = Readonly<Record<string, unknown>>

export interface CodeHost {
  /** An answer; null where it is 404. @throws OutsideError */
  find(path: string): Promise<Entry | null>
  /** An answer that must be there. @throws OutsideError */
  get(path: string): Promise<Entry>
  /** The first page of a list: where the newest stands first, what is of interest. @throws OutsideError */
  page(path: string): Promise<Entry[]>
  /** All entries of a list, page by page; `pick` takes them out of an answer. @throws OutsideError, also where there are too many */
  list(path: string, pick?: (data: unknown) => unknown): Promise<Entry[]>
}

/** What is thrown where an answer is none to the question. */
export function nonsense(system: string): OutsideError {
  return new OutsideError(system, 'gave an answer that makes no sense', { hint: 'correct `apiUrl`' })
}

/** The API of a code host below `base`. */
export function codeHost(system: string, base: string, access: Access, signal: AbortSignal): CodeHost {
  const ask = (path: string, statuses: readonly number[]): Promise<JsonAnswer> =>
    askJson({ system, url: `${base.replace(/\/+$/, '')}${path}`, ...access, statuses }, signal)
  const pageOf = async (path: string, page: number, pick = (data: unknown) => data): Promise<Entry[]> => {
    const join = path.includes('?') ? '&' : '?'
    const entries = objectsOf(pick((await ask(`${path}${join}per_page=${PAGE_SIZE}&page=${page}`, [])).data))
    if (!entries) throw nonsense(system)
    return entries
  }
  return {
    async find(path) {
      const { status, data } = await ask(path, [404])
      if (status === 404) return null
      if (typeof data !== 'object' || data === null || Array.isArray(data)) throw nonsense(system)
      return objectOf(data)
    },
    async get(path) {
      const { data } = await ask(path, [])
      if (typeof data !== 'object' || data === null || Array.isArray(data)) throw nonsense(system)
      return objectOf(data)
    },
    page: (path) => pageOf(path, 1),
    async list(path, pick) {
      const all: Entry[] = []
      for (let page = 1; page <= PAGES_MAX; page++) {
        const entries = await pageOf(path, page, pick)
        all.push(...entries)
        if (entries.length < PAGE_SIZE) return all
      }
      throw new OutsideError(system, `has more than ${PAGES_MAX * PAGE_SIZE} entries of ${path.split('?')[0]}`)
    },
  }
}

/** `owner/name` of the remote that this folder was cloned from. @throws OutsideError where it is no clone of a host */
export async function repositoryHere(context: CheckContext): Promise<string> {
  const { ended, exitCode, stdout } = await git(context, 'remote', 'get-url', 'origin')
  const remote = ended === 'exited' && exitCode === 0 ? stdout.trim() : ''
  // git@host:owner/name, or an address.
  const path = remote.includes('://') && URL.canParse(remote) ? new URL(remote).pathname : (remote.split(':')[1] ?? '')
  const name = path.replace(/^\/+/, '').replace(/(?:\.git)?\/*$/, '')
  if (/^[\w.-]+(?:\/[\w.-]+)+$/.test(name)) return name
  throw new OutsideError('git', 'nothing says which repository this is', { hint: 'give it in the options' })
}

/** The commit that is checked out here. @throws OutsideError where there is none */
export async function commitHere(context: CheckContext): Promise<string> {
  const { ended, exitCode, stdout } = await git(context, 'rev-parse', 'HEAD')
  const commit = stdout.trim()
  if (ended === 'exited' && exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return commit
  throw new OutsideError('git', 'nothing says which commit is released', { hint: 'give `ref`' })
}

function git(context: CheckContext, ...args: string[]) {
  return context.exec('git', args, { timeoutMs: 10_000, outputBytesMax: 65_536 })
}

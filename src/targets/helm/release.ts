// What helm says of a release: its revisions, the version of each, and whether somebody is at work on it.
import { poll } from '../../lib/deadline.ts'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import { helmHistory, type HelmRevision } from '../../lib/helm-history.ts'
import { parsePath, valueAt } from '../../lib/json-path.ts'
import { runProgram, type Program } from '../../lib/program.ts'
import { createRedactor, secretsByName } from '../../lib/redact.ts'
import { DESCRIPTION, filled, HELM_INSTALL, helmProgram, type Place } from './commands.ts'
import { versionSource } from './options.ts'

/** helm as one target calls it. */
export interface Helm extends Place {
  /** For errors: `target web`. */
  system: string
  env: Readonly<Record<string, string>>
}

const LOOK_MS = 1000
/** Time for helm itself beside what it waits for. */
const OWN_MS = 15_000

/** @throws OutsideError; values whose name says that they are secret are not in it. */
export async function runHelm(helm: Helm, program: Program, signal?: AbortSignal, timeoutMs?: number): Promise<string> {
  const { system, env, options } = helm
  const limitMs = (timeoutMs ?? options.callTimeoutMs) + OWN_MS
  try {
    return await runProgram(program, {
      system,
      env,
      timeoutMs: limitMs,
      install: HELM_INSTALL,
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error
    const texts = Object.entries(options.set).map(([path, value]): [string, string] => [
      path.replaceAll(/\W/g, '_'),
      String(value),
    ])
    const { redact } = createRedactor(secretsByName(Object.fromEntries(texts)))
    const hint = error.hint && redact(error.hint)
    throw new OutsideError(system, redact(error.message), { retryable: error.retryable, ...(hint ? { hint } : {}) })
  }
}

/** Newest first; none where there is no such release. @throws OutsideError when helm cannot tell. */
export async function historyOf(helm: Helm, release: string, signal?: AbortSignal): Promise<HelmRevision[]> {
  const program = helmProgram(helm, ['history', release, '--max=50', '--output=json'])
  let text: string
  try {
    text = await runHelm(helm, program, signal)
  } catch (error) {
    if (error instanceof OutsideError && /release: not found/i.test(error.message)) return []
    throw error
  }
  try {
    return helmHistory.parse(JSON.parse(text))
  } catch (cause) {
    throw new OutsideError(helm.system, `what helm printed is no history of ${release}: ${messageOf(cause)}`, { cause })
  }
}

export function isPending({ status }: HelmRevision): boolean {
  return status.startsWith('pending-') || status === 'uninstalling'
}

/** The version that gonogo wrote on a revision; of one rolled back to another, that of the other. */
export function notedVersion(revision: HelmRevision | undefined, history: readonly HelmRevision[]): string | null {
  const { description = '' } = revision ?? {}
  if (description?.startsWith(DESCRIPTION)) return description.slice(DESCRIPTION.length)
  const [, back] = /^Rollback to (\d+)$/.exec(description ?? '') ?? []
  const origin = back === undefined ? undefined : history.find((one) => one.revision === Number(back))
  return origin && origin.revision < (revision?.revision ?? 0) ? notedVersion(origin, history) : null
}

/** `1.4.2` of `web-1.4.2`. */
function chartVersion({ chart }: HelmRevision): string | null {
  return /-(v?\d+\..*)$/.exec(chart)?.[1] ?? null
}

/** The version of a revision, as the options say it is seen. */
export async function seenVersion(
  helm: Helm,
  release: string,
  revision: HelmRevision,
  signal?: AbortSignal,
): Promise<string | null> {
  const source = versionSource(helm.options)
  if (source === null) return null
  if (source.kind !== 'value')
    return source.kind === 'app-version' ? revision.app_version || null : chartVersion(revision)
  const args = ['get', 'values', release, `--revision=${revision.revision}`, '--all', '--output=json']
  const values: unknown = JSON.parse(await runHelm(helm, helmProgram(helm, args), signal))
  const text = valueAt(values, parsePath(source.path) ?? [])
  if (typeof text !== 'string' && typeof text !== 'number') return null
  const [before = '', after = ''] = source.pattern.split('{version}')
  const version = String(text).slice(before.length, String(text).length - after.length)
  return version !== '' && filled(source.pattern, { version, release }) === String(text) ? version : null
}

/**
 * Waits until nobody is at work on the release. One whose helm was killed stays so: after the longest that helm may take nobody can be.
 * @returns its history then, with the abandoned revision first where there is one.
 * @throws OutsideError when cancelled.
 */
export async function settled(helm: Helm, release: string, signal: AbortSignal): Promise<HelmRevision[]> {
  const { timeoutMs } = helm.options
  const look = async (): Promise<HelmRevision[] | null> => {
    const history = await historyOf(helm, release, signal)
    const [newest] = history
    if (!newest || !isPending(newest)) return history
    return Date.now() - Date.parse(newest.updated) > timeoutMs ? history : null
  }
  const history = await poll(look, { everyMs: LOOK_MS, timeoutMs: timeoutMs + OWN_MS, signal })
  if (history) return history
  throw new OutsideError(helm.system, `another helm is at work on release ${release}`, {
    retryable: true,
    hint: `helm history ${release} shows it; wait for it, or roll back`,
  })
}

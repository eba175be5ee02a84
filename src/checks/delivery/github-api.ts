// What the checks of GitHub share: its address, the repository, and how it is asked.
import { z } from 'zod'
import type { CheckContext } from '../check.ts'
import { url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf } from '../instrument.ts'
import { codeHost, repositoryHere, type CodeHost } from './code-host.ts'

/** Options of every check of GitHub. */
export const githubFields = {
  repository: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/, 'not a repository such as "acme/shop"')
    .optional()
    .describe('repository as owner/name; without it the one this folder was cloned from'),
  apiUrl: url('http', 'https')
    .default('https://api.github.com')
    .describe('address of the API; https://HOST/api/v3 for an own GitHub'),
  ...accessFields,
}

/** The secret ones of `githubFields`. */
export const GITHUB_SECRETS = ['apiUrl', ...ACCESS_SECRETS] as const

interface GithubOptions extends Readonly<Record<string, unknown>> {
  repository?: string | undefined
  apiUrl: string
  token?: string | undefined
  headers: Readonly<Record<string, string>>
  caFile?: string | undefined
  timeoutMs: number
}

export interface Github {
  repository: string
  host: CodeHost
}

/** @throws OutsideError when it cannot be asked at all */
export async function githubAt(options: GithubOptions, context: CheckContext): Promise<Github> {
  const access = accessOf(options, context.directory)
  const headers = {
    accept: 'application/vnd.github+json',
    'user-agent': 'gonogo',
    'x-github-api-version': '2022-11-28',
    ...access.headers,
  }
  const repository = options.repository ?? (await repositoryHere(context))
  return { repository, host: codeHost('GitHub', options.apiUrl, { ...access, headers }, context.signal) }
}

/** How the repository is named where it is shown. */
export const repositoryName = ({ repository }: { repository?: string | undefined }): string =>
  repository ?? 'the repository of this folder'

/** A ref as part of a path: its slashes stay. */
export const refPath = (ref: string): string => ref.split('/').map(encodeURIComponent).join('/')

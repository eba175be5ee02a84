// What the checks of GitLab share: its address, the project, and how it is asked.
import { z } from 'zod'
import type { CheckContext } from '../check.ts'
import { url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf } from '../instrument.ts'
import { codeHost, repositoryHere, type CodeHost } from './code-host.ts'

/** Options of every check of GitLab. */
export const gitlabFields = {
  project: z
    .string()
    .regex(/^(?:\d+|[\w.-]+(?:\/[\w.-]+)+)$/, 'not a project such as "acme/shop", nor its number')
    .optional()
    .describe('project as group/name, or its number; without it the one this folder was cloned from'),
  apiUrl: url('http', 'https')
    .default('https://gitlab.com/api/v4')
    .describe('address of the API; https://HOST/api/v4 for an own GitLab'),
  ...accessFields,
}

/** The secret ones of `gitlabFields`. */
export const GITLAB_SECRETS = ['apiUrl', ...ACCESS_SECRETS] as const

interface GitlabOptions extends Readonly<Record<string, unknown>> {
  project?: string | undefined
  apiUrl: string
  token?: string | undefined
  headers: Readonly<Record<string, string>>
  caFile?: string | undefined
  timeoutMs: number
}

export interface Gitlab {
  project: string
  /** Path of the project in the API. */
  path: string
  host: CodeHost
}

/** @throws OutsideError when it cannot be asked at all */
export async function gitlabAt(options: GitlabOptions, context: CheckContext): Promise<Gitlab> {
  const access = accessOf(options, context.directory)
  const project = options.project ?? (await repositoryHere(context))
  const host = codeHost('GitLab', options.apiUrl, access, context.signal)
  return { project, path: `/projects/${encodeURIComponent(project)}`, host }
}

/** How the project is named where it is shown. */
export const projectName = ({ project }: { project?: string | undefined }): string =>
  project ?? 'the project of this folder'

// A project as commands use it: configuration, the document, the plan, and what is secret.
import { readFileSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { withoutAnnotations } from '../checklist/returned/annotations.ts'
import { readChecklist } from '../checklist/read.ts'
import { kindsOf, loadKinds, type Catalog } from '../catalog/catalog.ts'
import { loadProject, type Project } from '../config/load.ts'
import { CONFIG_FILE, findProject } from '../config/locate.ts'
import { resolveReferences } from '../config/references.ts'
import { PlanError, codeOf } from '../lib/errors.ts'
import { createRedactor, secretsByName, type Redactor } from '../lib/redact.ts'
import type { Checklist } from '../plan/plan.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import { planRelease } from '../planning/plan-release.ts'
import { withProposals } from '../checklist/statements/recognise.ts'
import { describeCopy, findOriginal } from './originals.ts'

/** Choices of the command line that change what is planned. */
export interface PlanChoices {
  /** Document instead of the configured one. */
  file?: string
  environment?: string
  candidate?: string
  /** Without them it starts faster; a plan that is locked or run has them. @default true */
  proposals?: boolean
}

/**
 * The project of a directory or of one above it.
 * @throws PlanError when there is none, or its gonogo.yaml is wrong.
 */
export function openProject(from: string): Promise<Project> {
  return loadProject(findProject(from) ?? resolve(from))
}

export interface ReadDocument {
  checklist: Checklist
  /** What the checklist was read from: the original's bytes where the document is a filled-in copy. */
  bytes: Uint8Array
  /** What there is to say of a filled-in copy, or null. */
  copy: string | null
}

/**
 * Reads a checklist. A filled-in copy of a document that is kept in the state directory is read as its original.
 * @throws PlanError naming the file when it cannot be read or is no checklist.
 */
export function readDocument(
  directory: string,
  file: string,
  { stateDirectory, kinds = [] }: { stateDirectory?: string; kinds?: readonly Catalog['check'][] } = {},
): ReadDocument {
  const path = isAbsolute(file) ? file : join(directory, file)
  const below = relative(directory, path)
  const shown = below.startsWith('..') || below === '' ? file : below
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const hint = 'name the document: "checklist:" in gonogo.yaml, or "gonogo plan FILE"'
    throw new PlanError(
      codeOf(error) === 'ENOENT' ? 'there is no such document' : `cannot be read (${codeOf(error)})`,
      { file: shown, hint },
    )
  }
  const proposed = (read: Checklist): Checklist => withProposals(read, kinds)
  const original = stateDirectory === undefined ? null : findOriginal(stateDirectory, bytes)
  if (original) {
    const { checklist, bytes: kept } = original
    return { checklist: proposed(checklist), bytes: kept, copy: describeCopy(shown, original) }
  }
  const plain = withoutAnnotations(bytes)
  return { checklist: proposed(readChecklist(shown, plain)), bytes: plain, copy: null }
}

/** Every kind of check: what proposals are made of. */
async function everyCheck(): Promise<readonly Catalog['check'][]> {
  await loadKinds(['check'])
  return kindsOf('check')
}

/** The plan of a project as it stands on disk. A document that was filled in has the plan of its original, and a line is said about it. */
export async function planProject(
  project: Project,
  choices: PlanChoices = {},
  say: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Promise<{ plan: ReleasePlan; bytes: Uint8Array }> {
  const { directory, stateDirectory, config } = project
  const { proposals = true } = choices
  const kinds = proposals ? await everyCheck() : []
  const read = readDocument(directory, choices.file ?? config.checklist, { stateDirectory, kinds })
  const { checklist, bytes, copy } = read
  if (copy) say(copy)
  const { environment, candidate } = choices
  const plan = planRelease({
    project,
    checklist,
    ...(environment ? { environment } : {}),
    ...(candidate ? { candidate } : {}),
  })
  return { plan, bytes }
}

/** What commands and checks see of the outside: variables, secrets, and the one redactor that knows the secrets. */
export interface Surroundings {
  env: Record<string, string>
  redactor: Redactor
  /** @param path keys that lead to the value, for errors. */
  resolve<T>(value: T, path?: string[]): T
}

/** @throws PlanError for a reference to a variable or file that is not there. */
export function surroundingsOf(project: Project, environment: string): Surroundings {
  const { config, directory } = project
  const context = { directory, env: process.env, file: CONFIG_FILE }
  const redactor = createRedactor(secretsByName(process.env))
  const resolveIn = <T>(value: T, path: string[] = []): T => resolveReferences(value, context, path)
  const secrets = resolveIn(config.secrets, ['secrets'])
  for (const [name, value] of Object.entries(secrets)) redactor.add(name, value)
  const variables = resolveIn(config.variables, ['variables'])
  const special = resolveIn(config.environments[environment]?.variables ?? {}, [
    'environments',
    environment,
    'variables',
  ])
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return { env: { ...inherited, ...variables, ...special, ...secrets }, redactor, resolve: resolveIn }
}

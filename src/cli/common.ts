// What most commands begin with.
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { State } from '../app/state.ts'
import type { Project } from '../config/load.ts'
import { codeOf, PlanError } from '../lib/errors.ts'

export interface GlobalOptions {
  project: string
}

/** Who is at the keyboard: `--as`, else GONOGO_USER, else the login name. */
export function whoIs(options: { as?: string }): string {
  return options.as ?? process.env.GONOGO_USER ?? userInfo().username
}

/** Opens the project's memory for the length of `work`. */
export async function withState<T>(
  options: GlobalOptions,
  work: (state: State, project: Project) => Promise<T>,
): Promise<T> {
  const { openProject } = await import('../app/project.ts')
  const project = await openProject(options.project)
  const { openState } = await import('../app/state.ts')
  const state = await openState(project.stateDirectory, (line) => process.stderr.write(`${line}\n`))
  try {
    return await work(state, project)
  } finally {
    await state.close()
  }
}

/** One of the words an option allows. @throws PlanError otherwise. */
export function oneOf<T extends string>(option: string, given: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(given)) return given as T
  throw new PlanError(`${option} "${given}" is not known`, { expected: `one of ${allowed.join(', ')}` })
}

/** Text of a file that the command line names. @throws PlanError where it cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new PlanError(`cannot be read (${codeOf(error)})`, { file })
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

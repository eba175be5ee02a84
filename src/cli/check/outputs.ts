// In which forms `gonogo check` says what it came to: one on the terminal, others in files.
import { resolve } from 'node:path'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { codeOf, PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import { oneOf } from '../common.ts'

const CHECK_FORMATS = ['text', 'json', 'junit', 'sarif', 'github'] as const

export type CheckFormat = (typeof CHECK_FORMATS)[number]

export interface CheckOutputs {
  terminal: CheckFormat
  files: { format: CheckFormat; path: string }[]
}

/**
 * `FORMAT=FILE` is written beside what the terminal shows; a bare `FILE` takes the format, and the terminal shows text.
 * @throws PlanError for a format there is not.
 */
export function outputsOf(given: string, outputs: readonly string[]): CheckOutputs {
  const format = oneOf('--format', given, CHECK_FORMATS)
  const files = outputs.map((output) => fileOf(output, format))
  const isMoved = outputs.some((output) => !isNamed(output))
  return { terminal: isMoved ? 'text' : format, files }
}

const NAMED = /^([a-z]+)=(.*)$/s

function isNamed(output: string): boolean {
  return NAMED.test(output)
}

function fileOf(output: string, format: CheckFormat): CheckOutputs['files'][number] {
  const [, name, path] = NAMED.exec(output) ?? [output, format, output]
  const known = CHECK_FORMATS.find((one) => one === name)
  if (known && path) return { format: known, path }
  if (known || output === '') throw new PlanError(`--output "${output}" names no file`, { expected: 'FORMAT=FILE' })
  const suggestion = nearest(name ?? '', CHECK_FORMATS)
  throw new PlanError(`--output "${output}": there is no format "${name}"`, {
    expected: `one of ${CHECK_FORMATS.join(', ')}`,
    hint: suggestion ? `did you mean "${suggestion}"?` : `a file of that name is written "./${output}"`,
  })
}

/** Old content or new, never half. @throws PlanError naming the file that cannot be written. */
export function writeOutput(path: string, content: string): void {
  try {
    writeFileAtomic(resolve(path), content)
  } catch (error) {
    throw new PlanError(`cannot be written (${codeOf(error) ?? 'unknown'})`, {
      file: path,
      hint: 'name another file with --output',
    })
  }
}

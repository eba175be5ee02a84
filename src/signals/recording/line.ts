// One line of a recording: a sample as JSON.
import type { Sample } from '../../plan/signal.ts'

export function lineOf(sample: Sample): string {
  return `${JSON.stringify(sample)}\n`
}

/** @returns null for a line that is no sample: torn by a kill, or damaged. */
export function parseSample(line: string): Sample | null {
  try {
    const sample = JSON.parse(line) as Partial<Sample> | null
    const complete =
      typeof sample?.signal === 'string' &&
      typeof sample.at === 'number' &&
      (sample.value === null || typeof sample.value === 'number')
    return complete ? (sample as Sample) : null
  } catch {
    return null
  }
}

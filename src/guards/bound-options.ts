// Options that kinds of guards over one signal have in common.
import { z } from 'zod'

/** More looks in a row than these could not be tried out before the release. */
export const CONSECUTIVE_MAX = 10_000

export const operatorOption = z.enum(['<', '<=', '>', '>=', '==', '!=', 'between'])
export const scopeOption = z.enum(['candidate', 'stable', 'any', 'service'])
const relativeToOption = z.enum(['baseline', 'baseline-points'])

/** Whose samples of which signal. */
export const seriesOptions = {
  signal: z.string().describe('Which signal; `gonogo kinds source` says what each source gives'),
  scope: scopeOption
    .default('candidate')
    .describe('Whose samples: the new version, the old one, each, or the whole service'),
}

/** What its values are compared with. */
export const limitOptions = {
  value: z.number().describe("The bound, in the signal's unit"),
  valueMax: z.number().nullable().default(null).describe('Upper end for `between`'),
  relativeTo: relativeToOption.nullable().default(null).describe('Compare with the old version instead of absolutely'),
}

/** `between` has two ends, the others have one. */
export function refuseHalfRanges(
  { is, value, valueMax }: { is: string; value: number; valueMax: number | null },
  context: z.RefinementCtx,
): void {
  const refuse = (message: string): void => context.addIssue({ code: 'custom', message, path: ['valueMax'] })
  if (is !== 'between' && valueMax !== null) refuse('belongs to "between" only')
  if (is === 'between' && valueMax === null) refuse('is missing: "between" has two ends')
  if (is === 'between' && valueMax !== null && valueMax < value) refuse(`${valueMax} is below the lower end ${value}`)
}

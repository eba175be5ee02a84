// When a check applies, in words.
import type { Condition } from './binding.ts'

/** `environment is production and the file Dockerfile is there` */
export function conditionInWords({ environment, variable, file, not }: Condition): string {
  const parts = [
    ...(environment ? [`environment is ${environment.join(' or ')}`] : []),
    ...(variable ? [variable.is ? `${variable.name} is ${variable.is.join(' or ')}` : `${variable.name} is set`] : []),
    ...(file ? [`${file} is there`] : []),
  ]
  return not ? `not (${parts.join(' and ')})` : parts.join(' and ')
}

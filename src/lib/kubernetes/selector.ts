// Label selectors of Kubernetes.
import { z } from 'zod'

/** `matchLabels` and `matchExpressions`. */
export const selectorSchema = z.object({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
    .nullish(),
})

export type Selector = z.infer<typeof selectorSchema>
export type Labels = Readonly<Record<string, string>>

/** Whether the labels are selected. An empty selector selects everything, none (`null`) nothing. */
export function selects(selector: Selector | null | undefined, labels: Labels): boolean {
  if (!selector) return false
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => holds(operator, labels[key], values ?? []))
  )
}

/** An operator nobody knows selects nothing. */
function holds(operator: string, value: string | undefined, values: readonly string[]): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

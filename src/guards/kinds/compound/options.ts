// Options of a compound guard: conditions by the schemas of their own kinds, one level of groups; and what they stand for.
import { z } from 'zod'
import { durationOption } from '../../../lib/duration-option.ts'
import { nearest } from '../../../lib/nearest.ts'
import { CONSECUTIVE_MAX } from '../../bound-options.ts'
import type { GuardKind } from '../../guard-kind.ts'
import type { Formula } from './formula.ts'
import type { Part } from './part.ts'

/** A condition as gonogo.yaml writes it and as the plan holds it: `kind`, and that kind's options. */
type Condition = Record<string, unknown>
type Member = Condition | { not: Condition } | { all: Condition[] } | { any: Condition[] }

const PARTS_MAX = 10

export type CompoundOptions = z.output<ReturnType<typeof optionsOver>>

/** The options as parts and a formula over them. */
export function formulaIn(given: CompoundOptions, kinds: readonly GuardKind[]): { formula: Formula; parts: Part[] } {
  const parts: Part[] = []
  const part = (condition: Condition, negated: boolean): Formula => {
    const { kind: id, ...options } = condition
    const kind = kinds.find((one) => one.id === id)
    if (!kind) throw new TypeError(`a condition of kind "${String(id)}" was not validated`)
    parts.push({ kind, options })
    return { type: 'part', index: parts.length - 1, negated }
  }
  // "Not all" is any of the negated ones, and the other way round: negation stands at the conditions only.
  const member = (one: Member, negated: boolean): Formula => {
    if ('not' in one) return member(one.not as Condition, !negated)
    if ('all' in one) return group(negated ? 'any' : 'all', one.all as Condition[], negated)
    if ('any' in one) return group(negated ? 'all' : 'any', one.any as Condition[], negated)
    return part(one, negated)
  }
  const group = (type: 'all' | 'any', members: readonly Member[], negated: boolean): Formula => {
    return { type, members: members.map((one) => member(one, negated)) }
  }
  const formula = given.all
    ? group('all', given.all, false)
    : given.any
      ? group('any', given.any, false)
      : member(given.not as Member, true)
  return { formula, parts }
}

/** The schema of the options, over conditions of these kinds. */
export function optionsOver(kinds: readonly GuardKind[]) {
  /** One condition, by the schema of its kind. */
  const condition = z.record(z.string(), z.unknown()).transform((value, context): Condition => {
    const { kind: id = 'bound', ...given } = value
    const refuse = (message: string, path: PropertyKey[] = [], params: Record<string, unknown> = {}) => {
      context.addIssue({ code: 'custom', message, path, params })
      return z.NEVER
    }
    const kind = kinds.find((one) => one.id === id)
    const ids = kinds.map((one) => one.id)
    if (!kind) {
      const suggestion = nearest(String(id), ids)
      const hint = suggestion ? `did you mean "${suggestion}"?` : undefined
      return refuse(`unknown guard kind "${String(id)}"`, ['kind'], { expected: `one of ${ids.join(', ')}`, hint })
    }
    const parsed = kind.options.safeParse(given)
    if (!parsed.success) {
      for (const { message, path } of parsed.error.issues) refuse(message, [...path])
      return z.NEVER
    }
    const options = parsed.data as Record<string, unknown>
    if (kind.scope(options) === 'any')
      return refuse('a condition is about one version', ['scope'], { expected: 'candidate, stable or service' })
    return { kind: kind.id, ...options }
  })
  const isGroup = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && ['all', 'any', 'not'].some((key) => key in value)
  const negation = z.strictObject({ not: condition })
  const conditions = z.array(condition).min(1).max(PARTS_MAX)
  const groups = { all: z.strictObject({ all: conditions }), any: z.strictObject({ any: conditions }), not: negation }
  const member = z.unknown().transform((value, context): Member => {
    const key = (['all', 'any', 'not'] as const).find((one) => isGroup(value) && one in (value as object))
    const parsed = (key ? groups[key] : condition).safeParse(value)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues)
      context.addIssue({
        code: 'custom',
        message: issue.message,
        path: [...issue.path],
        params: issue.code === 'custom' ? (issue.params ?? {}) : {},
      })
    return z.NEVER
  })
  const members = z.array(member).min(1).max(PARTS_MAX)
  const said = 'conditions, each like a guard without its severity; `not`, `all` and `any` may stand once more inside'
  return z
    .strictObject({
      all: members.optional().describe(`Red when all hold: ${said}`),
      any: members.optional().describe(`Red when one holds: ${said}`),
      not: member.optional().describe('Red when it does not hold: one condition, or a group'),
      consecutive: z.int().min(1).max(CONSECUTIVE_MAX).default(1).describe('So many looks in a row'),
      for: durationOption.default(0).describe('Must hold this long'),
    })
    .superRefine(({ all, any, not }, context) => {
      if ([all, any, not].filter((one) => one !== undefined).length === 1) return
      context.addIssue({ code: 'custom', message: 'has exactly one of "all", "any" and "not"' })
    })
}

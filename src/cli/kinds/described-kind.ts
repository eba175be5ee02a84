// A kind as `gonogo kinds` and `gonogo checks` show it: what it takes, and how it stands in gonogo.yaml.
import { stringify } from 'yaml'
import type { z } from 'zod'
import { optionsOf, type KindOption } from '../../catalog/kind-options.ts'
import { paint } from '../screen.ts'

interface AnyKind {
  id: string
  summary: string
  options: z.ZodType
  example: unknown
}

export interface DescribedKind {
  id: string
  summary: string
  options: KindOption[]
  example: unknown
}

/** From the kind's own fields. */
export function describedKind({ id, summary, options, example }: AnyKind): DescribedKind {
  return { id, summary, options: optionsOf(options), example }
}

/** `text, required` or `whole number, default 200`, then what it is. */
export function optionWords({ takes, required, default: usual, description }: KindOption): {
  facts: string
  description: string
} {
  const unless = required ? 'required' : usual === null ? '' : `default ${usual}`
  return { facts: [takes, unless].filter(Boolean).join(', '), description }
}

/** An option a line: its name, what it takes, what it is. */
export function optionLines(options: readonly KindOption[], indent: string): string[] {
  return options.map((option) => {
    const { facts, description } = optionWords(option)
    return `${indent}${option.name.padEnd(22)} ${paint('dim', description ? `${facts}: ${description}` : facts)}`
  })
}

/** Options of a check as they stand under an item in gonogo.yaml, ready to be pasted. */
export function bindingYaml(check: string, options: unknown): string {
  const given = Object.keys((options ?? {}) as object).length > 0
  const binding = { check, ...(given ? { with: options } : {}) }
  return stringify({ bindings: { 'ITEM-ID': binding } }, { lineWidth: 100 }).trimEnd()
}

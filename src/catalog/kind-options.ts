// The options of a kind as a person reads them: name, what it takes, default, meaning. From the kind's own schema.
import { z } from 'zod'

export interface KindOption {
  name: string
  /** `text`, `list of text`, `one of a, b`, ... */
  takes: string
  required: boolean
  /** As written in YAML, or null where there is none. */
  default: string | null
  description: string
}

interface JsonSchema {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: JsonSchema[]
  items?: JsonSchema
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  required?: string[]
  default?: unknown
  description?: string
}

/** In the order in which the kind declares them; those inside another one follow it: `stages[].weight`, `versions.NAME.env`. */
export function optionsOf(options: z.ZodType): KindOption[] {
  return listed(z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '')
}

function listed({ properties = {}, required = [] }: JsonSchema, prefix: string): KindOption[] {
  return Object.entries(properties).flatMap(([key, option]) => {
    const name = `${prefix}${key}`
    const inner = [
      ...(option.items ? listed(option.items, `${name}[].`) : []),
      ...(typeof option.additionalProperties === 'object' ? listed(option.additionalProperties, `${name}.NAME.`) : []),
      ...listed(option, `${name}.`),
    ]
    const own: KindOption = {
      name,
      takes: takes(option),
      required: required.includes(key),
      default: option.default === undefined ? null : JSON.stringify(option.default),
      description: option.description ?? '',
    }
    return [own, ...inner]
  })
}

const WORDS: Record<string, string> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
  null: 'nothing',
  object: 'map',
}

function takes({ type, const: only, enum: values, anyOf, items, additionalProperties }: JsonSchema): string {
  if (only !== undefined) return JSON.stringify(only)
  if (values) return `one of ${values.map(String).join(', ')}`
  if (anyOf) return [...new Set(anyOf.map(takes))].join(' or ')
  if (Array.isArray(type)) return type.map((one) => WORDS[one] ?? one).join(' or ')
  if (type === 'array') return items ? `list of ${takes(items)}` : 'list'
  if (type === 'object' && typeof additionalProperties === 'object') return `map of ${takes(additionalProperties)}`
  return (type && WORDS[type]) ?? 'anything'
}

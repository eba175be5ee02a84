// JSON Schema of gonogo.yaml for editors, composed from the schemas that judge it: options are typed by their kind.
import { z } from 'zod'
import { kindsOf, type Family } from '../catalog/catalog.ts'
import { bindingForms, configSchema } from './schema.ts'

export interface JsonSchema {
  $schema?: string
  title?: string
  description?: string
  type?: string | string[]
  const?: unknown
  default?: unknown
  enum?: unknown[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | boolean
  propertyNames?: JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  $ref?: string
  definitions?: Record<string, JsonSchema>
  [keyword: string]: unknown
}

/** Sections whose entries name a kind, and the family it is of. */
const SECTIONS = {
  targets: 'target',
  routers: 'router',
  backups: 'backup',
  signals: 'source',
  databases: 'database',
  graphs: 'graph',
  rules: 'rule',
  guards: 'guard',
} as const

/** The schema, draft 7, which editors know best. */
export function configJsonSchema(): JsonSchema {
  const root = toJson(configSchema)
  const properties = root.properties ?? {}
  const sections = Object.entries(SECTIONS).map(([section, family]) => [
    section,
    { ...properties[section], additionalProperties: ref(family) },
  ])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'gonogo.yaml',
    ...root,
    properties: {
      ...properties,
      ...Object.fromEntries(sections),
      delivery: withStrategy(properties.delivery ?? {}),
      bindings: { ...properties.bindings, additionalProperties: ref('binding') },
    },
    definitions: definitions(properties),
  }
}

function definitions(sections: Record<string, JsonSchema>): Record<string, JsonSchema> {
  const ofSections = Object.entries(SECTIONS).map(([section, family]) => {
    // What every entry of the section may say, whatever its kind.
    const { additionalProperties: entry } = sections[section] ?? {}
    const common = typeof entry === 'object' ? (entry.properties ?? {}) : {}
    const usual = common.kind?.default
    return [family, { anyOf: kindsOf(family).map((kind) => kindEntry(kind, common, kind.id === usual)) }]
  })
  return {
    ...Object.fromEntries(ofSections),
    strategy: { anyOf: kindsOf('strategy').map((kind) => kindEntry(kind)) },
    ...sharedKeys(),
    binding: { anyOf: Object.keys(bindingForms).flatMap((form) => formSchemas(form as keyof typeof bindingForms)) },
  }
}

/** `{ kind: http, ...options }`; the usual kind need not be named. */
function kindEntry(kind: AnyKind, common: Record<string, JsonSchema> = {}, usual = false): JsonSchema {
  const { properties = {}, required = [], ...rest } = optionsSchema(kind)
  return {
    ...rest,
    description: kind.summary,
    properties: { ...common, kind: { const: kind.id, description: kind.summary }, ...properties },
    required: usual ? required : ['kind', ...required],
  }
}

interface AnyKind {
  id: string
  summary: string
  options: z.ZodType
}

/** One schema a form; `check` and `action` have one a kind, so that `with` is typed. */
function formSchemas(form: keyof typeof bindingForms): JsonSchema[] {
  const own = toJson(bindingForms[form])
  const shared = Object.fromEntries(keysOfKinds(form).map(([key]) => [key, ref(`${form}-${key}`)]))
  if (form === 'guard') {
    const oneOrMore = { anyOf: [ref('guard'), { type: 'array', items: ref('guard'), minItems: 1 }] }
    return [{ ...own, properties: { ...own.properties, guard: oneOrMore } }]
  }
  if (!FORMS_OF_KINDS.some((one) => one === form)) return [own]
  return (kindsOf(form as Family) as readonly AnyKind[]).map((kind) => {
    const options = optionsSchema(kind)
    const needsOptions = (options.required ?? []).length > 0
    return {
      ...own,
      description: kind.summary,
      properties: { ...shared, [form]: { const: kind.id, description: kind.summary }, with: options },
      required: [...(own.required ?? []), ...(needsOptions ? ['with'] : [])],
    }
  })
}

const FORMS_OF_KINDS = ['check', 'action'] as const

/** What a binding of these forms may say beside its kind and the kind's options. */
function keysOfKinds(form: keyof typeof bindingForms): [string, JsonSchema][] {
  return Object.entries(toJson(bindingForms[form]).properties ?? {}).filter(([key]) => key !== form && key !== 'with')
}

/** Written once: with a hundred kinds of checks they would be most of the schema. */
function sharedKeys(): Record<string, JsonSchema> {
  return Object.fromEntries(
    FORMS_OF_KINDS.flatMap((form) => keysOfKinds(form).map(([key, schema]) => [`${form}-${key}`, schema])),
  )
}

function optionsSchema({ options }: AnyKind): JsonSchema {
  return toJson(options)
}

function withStrategy(delivery: JsonSchema): JsonSchema {
  const typed = (delivery.anyOf ?? [delivery]).map((branch) =>
    branch.properties ? { ...branch, properties: { ...branch.properties, strategy: ref('strategy') } } : branch,
  )
  return { ...delivery, anyOf: typed }
}

function ref(definition: string): JsonSchema {
  return { $ref: `#/definitions/${definition}` }
}

/** What a person may write: before defaults and transformations. */
function toJson(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' })
  return rest as JsonSchema
}

// A file of YAML documents as objects of Kubernetes, with the places of a version filled in after parsing: no value can break out.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { messageOf, PlanError } from '../../lib/errors.ts'

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
})

/** Any object of Kubernetes. */
export type KubeObject = z.infer<typeof objectSchema>

/** @throws PlanError when the file cannot be read, or is not what `manifest` asks for. @param path for errors: `targets/web/manifest`. */
export function readManifest(directory: string, file: string, path: string): KubeObject[] {
  const place = { file, path }
  const documents = parse(directory, file, path)
  const objects = documents.flatMap((value, index) => {
    const items =
      (value as { kind?: unknown; items?: unknown[] }).kind === 'List' ? (value as { items: [] }).items : [value]
    return items.map((item) => {
      const read = objectSchema.safeParse(item)
      if (read.success) return read.data
      throw new PlanError(`document ${index + 1} is no object of Kubernetes: ${z.prettifyError(read.error)}`, {
        ...place,
        expected: 'apiVersion, kind and metadata.name',
      })
    })
  })
  const workloads = objects.filter(isWorkload)
  if (workloads.length !== 1)
    throw new PlanError(`it has ${workloads.length} Deployments and StatefulSets`, {
      ...place,
      expected: 'exactly one: what differs from version to version belongs together, the rest into a file of its own',
    })
  const shared = objects.find(({ metadata }) => !/\{(?:version|name|slot)\}/.test(metadata.name))
  if (shared)
    throw new PlanError(`${shared.kind} ${shared.metadata.name} would be the same object for every version`, {
      ...place,
      expected: '`{name}`, `{version}` or `{slot}` in the name of each object',
      hint: 'what versions share is applied beforehand, from a file of its own',
    })
  return objects
}

function parse(directory: string, file: string, path: string): unknown[] {
  try {
    const documents = parseAllDocuments(readFileSync(resolve(directory, file), 'utf8'))
    if (!Array.isArray(documents)) return []
    for (const { errors } of documents) if (errors[0]) throw errors[0]
    return documents.map((document): unknown => document.toJS({ maxAliasCount: 100 })).filter((value) => value !== null)
  } catch (error) {
    throw new PlanError(`cannot be read: ${messageOf(error)}`, { file, path, expected: 'a file of YAML documents' })
  }
}

export function isWorkload({ kind, apiVersion }: KubeObject): boolean {
  return apiVersion.startsWith('apps/') && (kind === 'Deployment' || kind === 'StatefulSet')
}

/** The same with each `{place}` in its keys and texts replaced; other braces stay. */
export function filledIn<T>(value: T, places: Readonly<Record<string, string>>): T {
  const fill = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole)
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return fill(part)
    if (Array.isArray(part)) return part.map(walk)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [fill(key), walk(inner)]))
  }
  return walk(value) as T
}

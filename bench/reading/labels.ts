// Labels made by hand for other teams' checklists: line numbers and judgements, none of the documents' text.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { sha256 } from '../../src/lib/hash.ts'
import { PHASE_KINDS } from '../../src/plan/plan.ts'

/** The reference documents and half of the others were tuned to, the blind half never looked at while tuning. */
export const SPLITS = ['reference', 'tuning', 'blind'] as const
export type Split = (typeof SPLITS)[number]

const threshold = z.strictObject({
  subject: z.string(),
  aggregate: z.string().nullable(),
  operator: z.enum(['<', '<=', '>', '>=', '==', '!=', 'between']),
  value: z.number(),
  valueMax: z.number().nullable(),
  unit: z.string(),
  windowMs: z.number().nullable(),
  consecutive: z.number().nullable(),
  relativeTo: z.enum(['baseline', 'previous']).nullable(),
})

const schema = z.strictObject({
  document: z.string(),
  sha256: z.string(),
  boxLines: z.array(z.number()),
  phases: z.array(
    z.strictObject({
      line: z.number(),
      kind: z.enum(PHASE_KINDS),
    }),
  ),
  badStateLines: z.array(z.number()),
  items: z.array(
    z.strictObject({
      line: z.number(),
      thresholds: z.array(threshold),
      // Null: a sub-bullet that only states a bound of the item above it.
      verifiable: z.enum(['machine', 'person', 'action', 'unknown']).nullable(),
      proposals: z.array(z.strictObject({ check: z.string(), main: z.string().nullable() })),
    }),
  ),
})

export type Labels = z.infer<typeof schema>
export type LabelledThreshold = z.infer<typeof threshold>

/** A document with its labels. */
export interface Labelled {
  name: string
  bytes: Uint8Array
  labels: Labels
}

const LABELS = fileURLToPath(new URL('./labels/', import.meta.url))
/** Third-party text: beside the project where it is there at all. */
const DOCUMENTS = fileURLToPath(new URL('../../../shared/', import.meta.url))
const FOLDERS: Record<Split, string> = { reference: 'checklists', tuning: 'corpus', blind: 'corpus' }

/** Where the labelled documents are looked for. */
export const documentsAreThere = (): boolean => existsSync(DOCUMENTS)

/**
 * The labelled documents of a split.
 * @throws Error when labels are malformed or a document is not the one that was labelled.
 */
export function loadLabelled(split: Split): Labelled[] {
  const files = readdirSync(join(LABELS, split)).filter((file) => file.endsWith('.json'))
  return files.toSorted().map((file) => {
    const labels = schema.parse(JSON.parse(readFileSync(join(LABELS, split, file), 'utf8')))
    const bytes = readFileSync(join(DOCUMENTS, FOLDERS[split], labels.document))
    if (sha256(bytes) !== labels.sha256) throw new Error(`${labels.document} is not the document that was labelled`)
    return { name: labels.document, bytes, labels }
  })
}

// Statements of people, kept in a YAML file in git: who stated what, when, on what evidence, until when. Reading it, and adding to it.
import { Document, isMap, isSeq, parseDocument } from 'yaml'
import { z } from 'zod'

/** Where statements are kept, unless somebody says otherwise. */
export const ATTESTATION_FILE = 'attestations.yaml'
/** A file of statements is written by people; a longer one is something else. */
export const ATTESTATION_BYTES_MAX = 4 * 1024 * 1024

/** Names, versions and links of people are short. */
const short = z.string().min(1).max(300)
const moment = z
  .string()
  .max(40)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is no date')

/** One statement. Unknown keys are somebody's notes and stay where they are. */
const attestationSchema = z.object({
  statement: short,
  by: short,
  /** Roles that the person had when stating it. */
  roles: z.array(short).max(50).default([]),
  at: moment,
  evidence: z.string().min(1).max(2000).optional(),
  expires: moment.optional(),
  version: short.optional(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/i, 'is no commit')
    .optional(),
  note: z.string().optional(),
})

export type Attestation = z.output<typeof attestationSchema>

/** What stands in a file about one statement, or why that cannot be told. */
export type ReadAttestations = { records: Attestation[] } | { problem: string }

/** Every record of a statement, in the order of the file. One that is not as it should be makes the answer unknown. */
export function attestationsIn(text: string, statement: string): ReadAttestations {
  const entries = entriesOf(text)
  if ('problem' in entries) return entries
  const records: Attestation[] = []
  for (const [index, entry] of entries.list.entries()) {
    if ((entry as { statement?: unknown } | null)?.statement !== statement) continue
    const parsed = attestationSchema.safeParse(entry)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      return { problem: `attestations/${[index, ...(issue?.path ?? [])].join('/')}: ${issue?.message ?? 'not valid'}` }
    }
    records.push(parsed.data)
  }
  return { records }
}

function entriesOf(text: string): { list: unknown[] } | { problem: string } {
  let root: unknown
  try {
    // Everything is text: a version 1.10 is no number, a commit of digits neither.
    const document = parseDocument(text, { logLevel: 'silent', schema: 'failsafe' })
    const [error] = document.errors
    if (error) return { problem: `is no valid YAML: ${error.message.split('\n')[0]}` }
    root = document.toJS()
  } catch (error) {
    return { problem: `is no valid YAML: ${error instanceof Error ? error.message : String(error)}` }
  }
  if (root === null || root === undefined) return { list: [] }
  const list = (root as { attestations?: unknown }).attestations ?? []
  if (list === '') return { list: [] }
  return Array.isArray(list) ? { list } : { problem: '`attestations` is no list' }
}

const HEADER = `# What people stated in their own name; checks of kind "attestation" judge it. Written by "gonogo attest", kept in git.
attestations:
`

/**
 * The text with one more record at the end of the list; everything that stands there already, comments too, stays.
 * Null where the text is not such a file.
 */
export function withAttestation(text: string, record: Attestation): string | null {
  if (text.trim() === '') return HEADER + entryText(record, 2)
  const document = parseDocument(text, { logLevel: 'silent' })
  if (document.errors.length > 0) return null
  const root = document.contents
  if (root !== null && !isMap(root)) return null
  const list = document.get('attestations', true)
  if (isSeq(list) && !list.flow && list.items.length > 0 && list.range && isLast(document, list))
    return spliced(text, record, list.range[0])
  if (!isSeq(list) && (document.get('attestations') ?? null) !== null) return null
  if (!isSeq(list)) document.set('attestations', document.createNode([]))
  const sequence = document.get('attestations', true)
  if (!isSeq(sequence)) return null
  sequence.flow = false
  sequence.add(document.createNode(plain(record)))
  return document.toString({ lineWidth: 0 })
}

/** Whether nothing but comments stands behind the list: then lines can be put at the end of the file. */
function isLast(document: Document, list: object): boolean {
  return isMap(document.contents) && document.contents.items.at(-1)?.value === list
}

/** The lines put at the end of the file, indented as the list is. */
function spliced(text: string, record: Attestation, listStart: number): string {
  const indent = listStart - (text.lastIndexOf('\n', listStart - 1) + 1)
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const before = text.endsWith('\n') ? text : text + newline
  return before + entryText(record, indent).replaceAll('\n', newline)
}

function entryText(record: Attestation, indent: number): string {
  const pad = ' '.repeat(indent)
  const lines = new Document(plain(record)).toString({ lineWidth: 0 }).trimEnd().split('\n')
  return lines.map((line, index) => `${pad}${index === 0 ? '- ' : '  '}${line}\n`).join('')
}

function plain({ roles, ...rest }: Attestation): object {
  const { statement, by, ...others } = rest
  return { statement, by, ...(roles.length > 0 ? { roles } : {}), ...others }
}

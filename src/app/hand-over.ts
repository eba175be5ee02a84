// What is handed over: the report in four forms, and the document filled in.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Annotation } from '../checklist/returned/annotations.ts'
import { returnChecklist } from '../checklist/returned/return.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { PlanError } from '../lib/errors.ts'
import { sha256 } from '../lib/hash.ts'
import type { ReleasePlan } from '../plan/release-plan.ts'
import type { RunRecord } from '../plan/run-record.ts'
import { answersOf } from '../report/answers.ts'
import { renderHtml } from '../report/html.ts'
import { renderJson } from '../report/json.ts'
import { renderJunit } from '../report/junit.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { buildReport } from '../report/model.ts'
import { notesOf, type ItemNote } from '../report/notes.ts'
import type { ReportModel } from '../report/shape.ts'
import { readRecording } from '../signals/recording.ts'
import { keepOriginal } from './originals.ts'
import type { State } from './state.ts'

export const FORMATS = { html: renderHtml, markdown: renderMarkdown, json: renderJson, junit: renderJunit } as const
export type Format = keyof typeof FORMATS
const FILES: Record<Format, string> = {
  html: 'report.html',
  markdown: 'report.md',
  json: 'report.json',
  junit: 'junit.xml',
}

/** Directory of what belongs to one run. */
export function runDirectory(stateDirectory: string, runId: string): string {
  return join(stateDirectory, 'runs', runId)
}

/** The plan a run was started with. */
export async function planOf(state: Pick<State, 'runs'>, run: RunRecord): Promise<ReleasePlan> {
  const text = await state.runs.plan(run.id)
  if (!text) throw new PlanError(`the plan of run ${run.id} is missing`)
  return JSON.parse(text) as ReleasePlan
}

/** Gathers everything a report is made of. */
export async function reportOf(state: State, stateDirectory: string, run: RunRecord): Promise<ReportModel> {
  const [plan, ledger, recording] = await Promise.all([
    planOf(state, run),
    state.ledger.entries(run.id),
    readRecording(join(runDirectory(stateDirectory, run.id), 'samples.jsonl')),
  ])
  const evidence = await loadEvidence(state, ledger)
  const stable = ledger.find((entry) => entry.key === 'run:created')?.body.stable
  return buildReport({
    run,
    plan,
    ledger,
    samples: recording.samples,
    evidence: (hash) => evidence.get(hash) ?? null,
    ...(typeof stable === 'string' ? { stable } : {}),
  })
}

async function loadEvidence(
  state: State,
  ledger: readonly { body: Record<string, unknown> }[],
): Promise<Map<string, string>> {
  const hashes = new Set(
    ledger
      .flatMap(({ body }) => (Array.isArray(body.evidence) ? body.evidence : []))
      .map((ref: { sha256: string }) => ref.sha256),
  )
  const loaded = new Map<string, string>()
  for (const hash of hashes) {
    const content = await state.evidence.get(hash)
    if (content !== null) loaded.set(hash, content)
  }
  return loaded
}

/** The document of a run as it was read, kept beside the run so that later edits do not matter. */
export function keepDocument(stateDirectory: string, runId: string, bytes: Uint8Array): void {
  writeFileAtomic(join(runDirectory(stateDirectory, runId), 'checklist.md'), bytes)
}

/**
 * The checklist filled in from what the run came to. The original file is not touched.
 * @param report where the report is, seen from the document: given, items are followed by notes that link to it.
 */
export async function returnedDocument(
  state: Pick<State, 'runs' | 'ledger'>,
  stateDirectory: string,
  run: RunRecord,
  report: string | null = null,
): Promise<Uint8Array> {
  const plan = await planOf(state, run)
  const original = readFileSync(join(runDirectory(stateDirectory, run.id), 'checklist.md'))
  if (sha256(original) !== plan.checklist.document.sha256) {
    throw new PlanError('is not the document the run was started with', {
      file: `${runDirectory(stateDirectory, run.id)}/checklist.md`,
    })
  }
  // What is returned may be put where the original was: it must be known there.
  keepOriginal(stateDirectory, plan.checklist.document, original)
  const ledger = await state.ledger.entries(run.id)
  const notes = report === null ? new Map<string, Annotation>() : annotationsFor(notesOf(plan, ledger), report)
  return returnChecklist(original, plan.checklist, answersOf(run, plan, ledger), notes)
}

function annotationsFor(notes: ReadonlyMap<string, ItemNote>, report: string): Map<string, Annotation> {
  return new Map([...notes].map(([id, note]) => [id, { ...note, href: `${report}#item-${id}` }]))
}

/** Writes all forms of the report and the returned document beside the run. @returns their paths. */
export async function handOver(
  state: State,
  stateDirectory: string,
  run: RunRecord,
): Promise<{ report: string; returned: string }> {
  const directory = runDirectory(stateDirectory, run.id)
  mkdirSync(directory, { recursive: true })
  const model = await reportOf(state, stateDirectory, run)
  for (const format of Object.keys(FORMATS) as Format[])
    writeFileAtomic(join(directory, FILES[format]), FORMATS[format](model))
  const returned = join(directory, 'returned.md')
  writeFileAtomic(returned, await returnedDocument(state, stateDirectory, run))
  return { report: join(directory, FILES.html), returned }
}

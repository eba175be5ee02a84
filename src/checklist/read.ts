// A checklist document to its typed form: phases, items with what they bound, run, ask and trigger.
import { PlanError } from '../lib/errors.ts'
import { sha256 } from '../lib/hash.ts'
import type { Checklist, Item, Phase, PhaseKind, Trigger } from '../plan/plan.ts'
import { readCondition } from './conditions.ts'
import { inAlerts, triggerSeverity } from './contexts.ts'
import { decode, type DecodeLimits } from './decode.ts'
import type { Draft } from './draft.ts'
import { ItemIds } from './identity.ts'
import { kindOf } from './item-kind.ts'
import { collectItems } from './items.ts'
import { parseMarkdown } from './markdown.ts'
import { readSections } from './sections.ts'
import { readStage } from './stages.ts'
import { parseThresholds } from './thresholds.ts'
import { verifiableBy } from './verifiable.ts'

/** Worth showing as what they are even without an item. */
const SHOWN: ReadonlySet<PhaseKind> = new Set(['contacts', 'reference', 'troubleshooting', 'rollback'])

/**
 * Reads one Markdown document. Byte ranges in the result are those of `bytes`; nothing is bound, nothing is run.
 *
 * @throws PlanError when the document is empty, too large, not text, nested too deep, or holds nothing to check.
 */
export function readChecklist(path: string, bytes: Uint8Array, limits?: DecodeLimits): Checklist {
  const source = decode(path, bytes, limits)
  const { title, sections } = readSections(source, parseMarkdown(path, source.text))
  const drafts = sections.flatMap((section) => collectItems(source, section))
  if (drafts.length === 0) throw noItems(path)
  const items = settle(drafts)
  return {
    document: { path, title, bytes: bytes.length, sha256: sha256(bytes), encoding: source.encoding },
    phases: placePhases(
      sections.map(({ phase }) => phase),
      items,
    ),
    items,
    triggers: drafts.flatMap((draft, index) => toTrigger(draft, items[index]) ?? []),
  }
}

function noItems(path: string): PlanError {
  return new PlanError('holds nothing to check, run or sign', {
    file: path,
    line: 1,
    expected: 'boxes (`- [ ] ...`), numbered steps, fenced commands or a table to fill in',
    hint: 'name the checklist itself',
  })
}

/** Drafts to items, in the same order. */
function settle(drafts: readonly Draft[]): Item[] {
  const ids = new ItemIds()
  const idOf = new Map<Draft, string>()
  return drafts.map((draft) => {
    const { phase } = draft.section
    // A blank's length is no part of an item's identity.
    const id = ids.next(phase, draft.text.replace(/_{2,}/g, '_'), draft.label)
    idOf.set(draft, id)
    return toItem(draft, id, draft.parent ? (idOf.get(draft.parent) ?? null) : null)
  })
}

function toItem(draft: Draft, id: string, parent: string | null): Item {
  const thresholds = thresholdsOf(draft)
  const kind = kindOf(draft, thresholds)
  const { line, text, label, state, blanks, choices, commands, table, box } = draft
  return {
    id,
    line,
    phase: draft.section.phase.id,
    parent,
    text,
    label,
    kind,
    state,
    polarity: kind === 'trigger' || (kind === 'watch' && inAlerts(draft)) ? 'bad-state' : 'good',
    condition: kind === 'trigger' ? null : (readCondition(text) ?? readCondition(draft.section.phase.title)),
    thresholds,
    blanks,
    choices,
    commands,
    table,
    proposal: null,
    verifiable: verifiableBy({ kind, text, label, thresholds, blanks, commands, choices }),
    box,
  }
}

/** What a canary stage or a command states in numbers is a course of action, not a bound. */
function thresholdsOf(draft: Draft): Item['thresholds'] {
  if (draft.origin === 'fence' || (readStage(draft) && !/[<>≤≥]/.test(draft.text))) return []
  if (draft.bounds) return parseThresholds(draft.bounds, { target: true })
  return parseThresholds(draft.text)
}

function toTrigger(draft: Draft, item: Item | undefined): Trigger | null {
  if (item?.kind !== 'trigger') return null
  return { item: item.id, severity: triggerSeverity(draft), thresholds: item.thresholds }
}

/**
 * Kinds that only the whole document tells: a phase without an item in it or below it is only text; one whose heading says
 * nothing but that holds items belongs to what is before or after the release, by where it stands.
 */
function placePhases(phases: readonly Phase[], items: readonly Item[]): Phase[] {
  const used = new Set(items.map(({ phase }) => phase))
  const release = phases.findIndex(({ kind }) => kind === 'execute')
  return phases.map((phase, index) => {
    const next = phases.findIndex(({ level }, other) => other > index && level <= phase.level)
    const family = phases.slice(index, next === -1 ? undefined : next)
    if (!family.some(({ id }) => used.has(id))) return SHOWN.has(phase.kind) ? phase : { ...phase, kind: 'notes' }
    if (phase.kind !== 'notes' || !used.has(phase.id)) return phase
    return { ...phase, kind: release === -1 || index < release ? 'readiness' : 'verify' }
  })
}

// A checklist document to its typed form: phases, items with what they bound, run, ask and trigger.
import { PlanError } from '../lib/errors.ts'
import { sha256 } from '../lib/hash.ts'
import type { Checklist, Item, Trigger } from '../plan/plan.ts'
import { settleCommands } from './commands/command-context.ts'
import { triggerSeverity } from './items/contexts.ts'
import { decode, type DecodeLimits } from './markdown/decode.ts'
import type { Draft } from './items/draft.ts'
import { ItemIds } from './items/identity.ts'
import { conditionsOf, type ConditionOf } from './items/item-conditions.ts'
import { kindOf } from './items/item-kind.ts'
import { collectItems } from './items/items.ts'
import { parseMarkdown } from './markdown/markdown.ts'
import { polarityOf } from './items/polarity.ts'
import { readSections, type Section } from './phases/sections.ts'
import { readStage } from './items/stages.ts'
import { parseThresholds } from './bounds/thresholds.ts'
import { readTroubleshooting } from './items/troubleshooting.ts'
import { verifiableBy } from './statements/verifiable.ts'

/** Far above any checklist; what comes after reading (a plan, a report) is made for this many. */
const ITEMS_MAX = 200_000

/**
 * Reads one Markdown document. Byte ranges in the result are those of `bytes`; nothing is bound, nothing is run.
 *
 * @throws PlanError when the document is empty, too large, not text, nested too deep, or holds nothing or too much to check.
 */
export function readChecklist(path: string, bytes: Uint8Array, limits?: DecodeLimits): Checklist {
  const source = decode(path, bytes, limits)
  const { title, sections } = readSections(source, parseMarkdown(path, source.text))
  const drafts = sections.flatMap((section) => collectItems(source, section))
  if (drafts.length === 0) throw noItems(path)
  if (drafts.length > ITEMS_MAX) throw tooManyItems(path, drafts)
  settleCommands(drafts)
  const items = settle(drafts, sections)
  return {
    document: { path, title, bytes: bytes.length, sha256: sha256(bytes), encoding: source.encoding },
    phases: sections.map(({ phase }) => phase),
    items,
    triggers: drafts.flatMap((draft, index) => toTrigger(draft, items[index]) ?? []),
    troubleshooting: readTroubleshooting(sections, items),
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

function tooManyItems(path: string, drafts: readonly Draft[]): PlanError {
  return new PlanError(`holds ${drafts.length} items`, {
    file: path,
    line: drafts[ITEMS_MAX]?.line ?? 1,
    expected: `at most ${ITEMS_MAX} items`,
    hint: 'split the checklist',
  })
}

/** Drafts to items, in the same order. */
function settle(drafts: readonly Draft[], sections: readonly Section[]): Item[] {
  const conditionOf = conditionsOf(drafts, sections)
  const ids = new ItemIds()
  const parents = new Set(drafts.flatMap(({ parent }) => parent ?? []))
  const idOf = new Map<Draft, string>()
  return drafts.map((draft) => {
    const { phase } = draft.section
    // A blank's length is no part of an item's identity.
    const id = ids.next(phase, draft.text.replace(/_{2,}/g, '_'), draft.label)
    if (parents.has(draft)) idOf.set(draft, id)
    return toItem(draft, id, draft.parent ? (idOf.get(draft.parent) ?? null) : null, conditionOf)
  })
}

function toItem(draft: Draft, id: string, parent: string | null, conditionOf: ConditionOf): Item {
  const thresholds = thresholdsOf(draft)
  const kind = kindOf(draft, thresholds)
  const { line, text, label, code, state, blanks, choices, commands, table, box } = draft
  return {
    id,
    line,
    phase: draft.section.phase.id,
    parent,
    text,
    label,
    code,
    kind,
    state,
    polarity: polarityOf(draft, kind),
    condition: kind === 'trigger' ? null : conditionOf(draft),
    thresholds,
    blanks,
    choices,
    commands,
    table,
    proposal: null,
    verifiable: verifiableBy({ kind, text, label, code, thresholds, blanks, commands, choices }),
    box,
  }
}

/** What a canary stage or a command states in numbers is a course of action, not a bound. */
function thresholdsOf(draft: Draft): Item['thresholds'] {
  if (draft.origin === 'fence' || (readStage(draft) && !/[<>≤≥]/.test(draft.text))) return []
  if (draft.bounds) return draft.bounds.flatMap((words) => parseThresholds(words, { target: true }))
  return parseThresholds(draft.text)
}

function toTrigger(draft: Draft, item: Item | undefined): Trigger | null {
  if (item?.kind !== 'trigger') return null
  return { item: item.id, severity: triggerSeverity(draft), thresholds: item.thresholds }
}

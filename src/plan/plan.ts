// The typed, executable form of a checklist. Data only; immutable once a run has started.
import type { Threshold } from './threshold.ts'

/** Half-open range of byte offsets in the original document. */
export interface ByteRange {
  start: number
  end: number
}

export type PhaseKind =
  | 'readiness'
  | 'execute'
  | 'verify'
  | 'watch'
  | 'rollback'
  | 'triggers'
  | 'success'
  | 'sign-off'
  | 'contacts'
  | 'troubleshooting'
  | 'reference'
  | 'report'
  | 'notes'

/** When a phase happens relative to the start of the release: `T-24 h` is -86,400,000. `toMs` null: a moment, not a stretch. */
export interface Anchor {
  fromMs: number
  toMs: number | null
  text: string
}

/** "Every 5 minutes for the first 30 minutes". */
export interface Recurrence {
  everyMs: number
  forMs: number | null
}

/** A heading and what stands under it. */
export interface Phase {
  /** Stable: slug of the title plus a short hash of the heading path. */
  id: string
  title: string
  /** Titles from the document's top to this heading, this one included. */
  path: string[]
  level: number
  line: number
  kind: PhaseKind
  anchor: Anchor | null
  /** "(10 minutes)" behind a step's title: how long it may take. */
  budgetMs: number | null
  every: Recurrence | null
}

export type ItemKind = 'check' | 'action' | 'poll' | 'record' | 'watch' | 'trigger' | 'reference'

/** One step of a fenced block, or an inline command. */
export interface CommandStep {
  /** Shell text exactly as written, comments left out. */
  script: string
  /** The comment that names it, or null. */
  title: string | null
  line: number
  /** Ends in `&`: keeps running beside the run. */
  background: boolean
  /** Never ends by itself: `tail -f`. */
  endless: boolean
  interactive: boolean
  destructive: boolean
  /** `<PREVIOUS_TAG>`, `[backup-timestamp]`: to be asked for before it can run. */
  placeholders: string[]
}

/** A place to be filled in: `____`, `` `_____ ms` ``, a date, a signature, an Actual or Status cell. */
export interface Blank {
  /** Unique inside its item: `value`, `date`, `signature`, `2`. */
  name: string
  /** Words in front of it. */
  label: string
  unit: string | null
  target: Threshold | null
  range: ByteRange
}

/** `Yes / No`, `GO / NO-GO`: one is chosen. */
export interface Choice {
  name: string
  label: string
  options: string[]
  /** Whole choice text inside its marks. */
  range: ByteRange
  /** `text`: the alternatives are replaced by the chosen one; `boxes`: the chosen option's box is ticked. */
  style: 'text' | 'boxes'
  /** For style `boxes`: the mark inside each option's box. */
  marks: ByteRange[]
}

export interface Proposal {
  check: string
  options: Record<string, unknown>
  /** 0..1. */
  confidence: number
  /** The reason and the words it rests on. */
  why: string
}

export type Verifiable = 'machine' | 'person' | 'action' | 'unknown'

/** One box, numbered step, code-block step, table row or trigger. */
export interface Item {
  /** Stable under edits elsewhere: phase slug / item slug - hash of (heading path, text, ordinal). */
  id: string
  line: number
  phase: string
  parent: string | null
  text: string
  /** `**Disk Space**: ...` has the label `Disk Space`. */
  label: string | null
  kind: ItemKind
  /** What the document claims: evidence it is not. */
  state: 'open' | 'ticked' | 'partial'
  /** `bad-state`: ticking it means trouble. */
  polarity: 'good' | 'bad-state'
  /** "if applicable": answered by a person, applies or skipped. */
  condition: string | null
  thresholds: Threshold[]
  blanks: Blank[]
  choices: Choice[]
  commands: CommandStep[]
  /** Header → cell, for a table row. */
  table: Record<string, string> | null
  proposal: Proposal | null
  verifiable: Verifiable
  /** The character between the brackets of its box; null where the item has no box. */
  box: ByteRange | null
}

/** "Roll back if ...": an item of a trigger list with the rule it states. */
export interface Trigger {
  item: string
  severity: 'immediate' | 'conditional'
  thresholds: Threshold[]
}

export interface DocumentInfo {
  path: string
  title: string
  bytes: number
  sha256: string
  encoding: { repaired: number; lost: number }
}

/** What the reader makes of one document: everything but the bindings. */
export interface Checklist {
  document: DocumentInfo
  phases: Phase[]
  items: Item[]
  triggers: Trigger[]
}

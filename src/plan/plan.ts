// The typed, executable form of a checklist. Data only; immutable once a run has started.
import type { Threshold } from './threshold.ts'

/** Half-open range of byte offsets in the original document. */
export interface ByteRange {
  start: number
  end: number
}

/** What a phase is for. */
export const PHASE_KINDS = [
  'readiness',
  'execute',
  'verify',
  'rollback',
  'triggers',
  'success',
  'sign-off',
  'contacts',
  'troubleshooting',
  'reference',
  'notes',
] as const

export type PhaseKind = (typeof PHASE_KINDS)[number]

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
  /** "... then every 15": how often after that; null where nothing is said of it. */
  thenEveryMs: number | null
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

/** What the document says a command prints or answers. */
export interface Expectation {
  /**
   * `empty`: nothing; `equals`, `contains`: a text; `count`: so many lines or rows; `compare`: one number within a bound;
   * `status`: an HTTP status; `exit`: an exit code; `described`: in words that only a person can judge.
   */
  kind: 'empty' | 'equals' | 'contains' | 'count' | 'compare' | 'status' | 'exit' | 'described'
  /** The text, the number, or the bound as `>= 3`; null for `empty` and `described`. */
  value: string | null
  /** Words of the document. */
  text: string
  /** Exit codes that are right with it: a `grep` that rightly finds nothing exits 1. */
  exitCodes: number[]
}

/** One step of a fenced block, or an inline command. */
export interface CommandStep {
  /** Text exactly as written, comments left out. */
  script: string
  /** The comment that names it, or null. */
  title: string | null
  line: number
  /** SQL is shown and looked at, and never given to a shell. */
  language: 'shell' | 'sql'
  /** Ends in `&`: keeps running beside the run. */
  background: boolean
  /** Never ends by itself: `tail -f`. */
  endless: boolean
  interactive: boolean
  destructive: boolean
  /** Known to change nothing. */
  looksOnly: boolean
  /** `<PREVIOUS_TAG>`, `[backup-timestamp]`: to be asked for before it can run. */
  placeholders: string[]
  /** Environment variables it reads that the document sets nowhere before. */
  variables: string[]
  /** One of several ways of doing the same: of a group only one is run. */
  alternative: { group: string; name: string } | null
  expects: Expectation | null
  /** `cd` and `export` of earlier blocks that it goes on from. */
  setup: string[]
  /** Why it is never run: it is no shell, or output that was pasted in. Null where it could be. */
  problem: string | null
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
  /** What its text shows as code, marks taken off: `npm test`, `/health`, `NODE_ENV`. */
  code: string[]
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

/** A symptom the document tells how to cure, and what it is about. */
export interface Troubleshooting {
  /** Id of the phase that tells it. */
  phase: string
  line: number
  symptom: string
  /** Ids of the items and triggers whose words are about it; none where that is unclear. */
  items: string[]
}

/** What the reader makes of one document: everything but the bindings. */
export interface Checklist {
  document: DocumentInfo
  phases: Phase[]
  items: Item[]
  triggers: Trigger[]
  troubleshooting: Troubleshooting[]
}

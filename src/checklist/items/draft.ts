// An item as found in the document, before it is known what kind it is.
import type { Item } from '../../plan/plan.ts'
import type { Section } from '../phases/sections.ts'

/** How it stands in the document. */
export type Origin = 'box' | 'heading' | 'bullet' | 'step' | 'table' | 'fence' | 'line' | 'form' | 'prose'

export interface Draft extends Pick<
  Item,
  'line' | 'text' | 'label' | 'code' | 'state' | 'box' | 'blanks' | 'choices' | 'commands' | 'table'
> {
  origin: Origin
  section: Section
  parent: Draft | null
  /** Words that introduce it: "**Critical Alerts:**", or the text of the item it is nested in. */
  lead: string | null
  /** Has items of its own below it. */
  group: boolean
  /** What bounds are read from, each for itself, where it is not the text. */
  bounds: string[] | null
}

/** Where a block stands while drafts are collected. */
export interface Place {
  section: Section
  parent: Draft | null
  lead: string | null
}

/** A draft with nothing in it but its place and words. */
export function makeDraft(origin: Origin, place: Place, line: number, text: string): Draft {
  return {
    ...place,
    origin,
    line,
    text,
    label: null,
    code: [],
    state: 'open',
    box: null,
    blanks: [],
    choices: [],
    commands: [],
    table: null,
    group: false,
    bounds: null,
  }
}

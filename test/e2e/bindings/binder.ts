// Binds the items of a document by rules: they are found by where they stand and a few letters of what they say, so that no sentence
// of a third party's document has to stand in this project.
//
// A document's own file (`test/e2e/bindings/DOCUMENT.ts`) exports `const NAME: Bound = { document, config, rules, structure?, rest? }`:
//   document   file name under ../shared/checklists
//   config     gonogo.yaml without `checklist` and `bindings`; secrets as ${env:NAME}
//   rules      first match wins; a rule that finds nothing at all is an error (the document is another one, or the rule is dead)
//   structure  asked before the rules: commands, triggers and thresholds that need no words of ours
//   rest       asked after them; left out: the item stays without a binding (unbound, or `defaults.ask` where only a person can tell)
// `reference` and `record` items are never bound. `planDocument(NAME)` in plan-document.ts makes the plan of it.
import { readStages } from '../../../src/checklist/items/stages.ts'
import type { Checklist, Item, Phase } from '../../../src/plan/plan.ts'

/** A binding as gonogo.yaml writes it. */
export type Entry = Record<string, unknown>

export interface Rule {
  /** What the section's own title says. */
  section: RegExp
  /** What one of its titles says, from the top of the document to it, joined by ` / `: where titles repeat. */
  under?: RegExp
  /** What the item says; left out: every item of it that nothing above binds. */
  item?: RegExp
  entry: Entry | ((item: Item) => Entry | null)
}

type Binder = (item: Item, phase: Phase) => Entry | null

export interface Rules {
  rules: readonly Rule[]
  structure?: Binder
  rest?: Binder
}

export interface Bound extends Rules {
  document: string
  config: Entry
}

export const check = (kind: string, options: Entry, policy: Entry = {}): Entry => ({
  check: kind,
  with: options,
  ...policy,
})
export const run = (...command: string[]): Entry => check('command', { run: command })
export const watch = (...watches: Entry[]): Entry => ({ watch: watches })
export const guard = (...rules: Entry[]): Entry => ({ guard: rules })
/** The commands of the item, as written. */
export const asWritten = (options: Entry = {}): Entry => ({ action: 'command', with: options })
/** @param why why no machine can tell; left out where the reader says it of the words. */
export const ask = (role: string, why?: string): Entry => ({ poll: role, ...(why === undefined ? {} : { why }) })

/** Rules of one section: `inSection(/title/i, [/words/i, entry], [/more words/i, entry])`. */
export function inSection(section: RegExp, ...found: [item: RegExp, entry: Rule['entry']][]): Rule[] {
  return found.map(([item, entry]) => ({ section, item, entry }))
}

/** Every binding of the document. @throws Error when a rule finds nothing: then the document is another one. */
export function bindByRules(checklist: Checklist, { rules, structure, rest }: Rules): Record<string, Entry> {
  const phases = new Map(checklist.phases.map((phase) => [phase.id, phase]))
  const used = new Set<Rule>()
  const bindings: Record<string, Entry> = {}
  for (const { item, stage } of readStages(checklist.items)) bindings[item] = { rollout: stage.name }
  for (const item of checklist.items) {
    const phase = phases.get(item.phase)
    if (!phase || item.kind === 'reference' || item.kind === 'record' || bindings[item.id]) continue
    const entry = structure?.(item, phase) ?? bindByRule(item, phase, rules, used) ?? rest?.(item, phase)
    if (entry) bindings[item.id] = entry
  }
  const idle = rules.filter((rule) => !used.has(rule))
  if (idle.length > 0) throw new Error(`found nothing for ${idle.map((rule) => `${rule.section} ${rule.item}`).join()}`)
  return bindings
}

function bindByRule(item: Item, { title, path }: Phase, rules: readonly Rule[], used: Set<Rule>): Entry | null {
  for (const rule of rules) {
    if (!rule.section.test(title) || (rule.under && !rule.under.test(path.join(' / ')))) continue
    if (rule.item && !rule.item.test(item.text)) continue
    const entry = typeof rule.entry === 'function' ? rule.entry(item) : rule.entry
    if (!entry) continue
    used.add(rule)
    return entry
  }
  return null
}

// What a heading below another is for: part of it, unless its own words say one of the kinds that stand out there.
import type { PhaseKind } from '../../plan/plan.ts'
import type { OutlineNode } from './phase-outline.ts'
import { BEFORE, AFTER } from './phase-words.ts'

/** Kinds that stand out below a phase of the given kind where a heading says them plainly; any other is part of it. */
const STANDS_OUT: Record<PhaseKind, readonly PhaseKind[]> = {
  readiness: [
    'triggers',
    'sign-off',
    'contacts',
    'troubleshooting',
    'reference',
    'notes',
    'rollback',
    'success',
    'execute',
  ],
  execute: ['triggers', 'rollback', 'sign-off', 'contacts', 'troubleshooting', 'reference', 'success', 'notes'],
  verify: ['triggers', 'rollback', 'sign-off', 'contacts', 'troubleshooting', 'reference', 'success', 'notes'],
  rollback: ['triggers', 'contacts', 'notes', 'success'],
  triggers: ['rollback', 'contacts'],
  success: ['triggers', 'sign-off', 'contacts', 'rollback'],
  troubleshooting: ['rollback', 'contacts', 'triggers', 'reference', 'success'],
  reference: ['contacts', 'troubleshooting', 'notes'],
  contacts: [],
  'sign-off': ['triggers', 'contacts'],
  notes: [],
}
/** Weight of a word that says its kind by itself. */
const PLAIN = 3

/** Kind of a heading below one of the given kind. */
export function kindWithin(parent: PhaseKind, node: OutlineNode): PhaseKind {
  const { own, content, title } = node
  const words = title.toLowerCase()
  // "Pre-deployment" and "post-deployment" say when, whatever they are part of, where something is released at all.
  if (parent === 'readiness' || parent === 'execute' || parent === 'verify') {
    if (own.kind === 'readiness' && BEFORE.pattern.test(words))
      return parent === 'execute' && /\bsteps\b/.test(words) ? parent : 'readiness'
    if (own.kind === 'verify' && AFTER.pattern.test(words)) return 'verify'
  }
  if (parent === 'execute') return withinRelease(node)
  // Commands, queries and addresses among boxes to tick are there to look up.
  const listed = content.boxes + content.steps === 0 && own.weight > 1 && !LOOKING.test(own.title)
  if (own.kind === 'reference' && listed && (parent === 'readiness' || parent === 'verify')) return own.kind
  if (own.plainest < PLAIN || !STANDS_OUT[parent].includes(own.kind) || isTask(own)) return parent
  // "Consider a rollback" over states of trouble is one of the lists of them.
  if (parent === 'triggers' && own.kind === 'rollback' && content.steps + content.fences + content.boxes === 0)
    return parent
  // A plan that must exist before the release is a box to tick; one to follow is told in steps and commands.
  if (parent === 'readiness' && (own.kind === 'rollback' || own.kind === 'troubleshooting' || own.kind === 'contacts'))
    return (content.boxes > content.steps && content.fences === 0) || EXISTS.test(own.title) ? parent : own.kind
  return own.kind
}

/** Commands that look at what was released are the look itself. */
const LOOKING = /valid|verif|check|test|health|monitor/

/** "Rollback plan documented": what is stated of it is that it is there. */
const EXISTS = /\b(?:documented|documentad[oa]|tested|prepared|ready|available|in place|defined)$/

/** "Update the emergency contacts" is something to do about them. */
function isTask({ kind, title }: OutlineNode['own']): boolean {
  const lists = kind === 'contacts' || kind === 'reference' || kind === 'notes' || kind === 'troubleshooting'
  return (
    lists &&
    /^(?:fill|update|configure|review|add|create|set|document|define|prepare|verify|check|test|notify|confirm|schedule|write|publish)\b/.test(
      title,
    )
  )
}

const DAY_MS = 86_400_000
const DEED = /^(?:schedule|set ?up|configure|create|enable|start|run|deploy|update|install|apply|switch)\b/
const PREPARATION = /prereq|prepar|requirement|local|development|hardening|ready|readiness/

/** Among the steps of a release there are looks and preparations. */
function withinRelease(node: OutlineNode): PhaseKind {
  const { own } = node
  // "Schedule the clean-up" is a step.
  if (own.weight <= PLAIN && DEED.test(own.title)) return 'execute'
  // "Day -3" and "Week 1" around the day of the release.
  const { anchor, parent } = node
  const counted = (parent?.children[0]?.anchor?.fromMs ?? 1) <= 0
  if (anchor && counted && own.kind !== 'execute' && Math.abs(anchor.fromMs) >= DAY_MS)
    return anchor.fromMs < 0 ? 'readiness' : 'verify'
  switch (own.kind) {
    case 'execute':
      return /^(?:check|verify|confirm|monitor|validate)\b/.test(own.title) ? 'verify' : 'execute'
    case 'verify':
      return own.weight >= 2 ? (isSetUp(node) ? 'execute' : 'verify') : byEntries(node)
    case 'readiness':
      return own.weight >= 2 && PREPARATION.test(own.words) && !(node.series === 'step' && own.plainest < PLAIN)
        ? 'readiness'
        : byEntries(node)
    default:
      return own.weight >= PLAIN && STANDS_OUT.execute.includes(own.kind) ? own.kind : byEntries(node)
  }
}

/** "Monitoring setup", or monitoring of which is told that it is configured. */
function isSetUp({ own, content, entries }: OutlineNode): boolean {
  if (/verif|valid|smoke|sanity/.test(own.words)) return false
  return content.setUps * 2 > entries || /\bset ?-?up\b|\bconfigur/.test(own.title)
}

const LOOKS = /\b(?:tests?|testing)\b|\bchecks?$|^(?:check|verify|confirm|monitor|validate|watch|inspect)\b/

/** Tests, and lists that mostly look, are there to verify. */
function byEntries({ own, content, entries }: OutlineNode): PhaseKind {
  const looks = entries > 1 && content.looks * 5 >= entries * 3 && content.deeds * 4 < entries
  return looks || LOOKS.test(own.title) ? 'verify' : 'execute'
}

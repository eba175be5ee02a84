// What kind of item a draft is: by its place and shape first, by its words last.
import type { ItemKind } from '../plan/plan.ts'
import type { Threshold } from '../plan/threshold.ts'
import { looksOnly } from './command-hazards.ts'
import { inAlerts, inSignOff, inTriggers, statesTrigger } from './contexts.ts'
import type { Draft } from './draft.ts'
import { neverRuns } from './phase-kind.ts'
import { readStage } from './stages.ts'

const IMPERATIVE =
  /^(?:create|take|make|apply|run|execute|perform|start|stop|restart|deploy|release|publish|push|tag|merge|build|install|configure|set(?: up)?|enable|disable|update|upgrade|rotate|add|remove|delete|migrate|switch|shift|promote|scale|roll (?:back|out)|send|post|notify|announce|inform|email|schedule|trigger|invalidate|clear|purge|upload|copy|back up|restore|archive|import|export|provision|bump|draft|submit|clone|connect|assign|prepare|document|record|register|initialize)(?=\s)/i
const LOOKS_FIRST =
  /^(?:run|execute|perform)\b.*\b(?:tests?|check|validat\w+|validator|audit|scan|lint|integrity\w*|smoke|analysis|verification)\b/i
/** "Release notes published", "Build passes": a noun in front, a state behind. */
const STATES =
  /\b(?!needed|required|affected)(?:[a-z]+ed|successful(?:ly)?|complete|completes|passes|passing|ready|working|active|running|exists?|valid|sent|built|done)\s*(?:\([^)]*\))?[.\s]*$/i
const APPROVAL =
  /\b(?:reviewed and approved|approved by|approvals? (?:received|obtained|given)|(?:manual )?confirmation received|sign(?:ed)?[ -]?off (?:by|from|received|obtained)|go[ /-]+no[ -]?go|authori[sz]ed (?:by|to))\b/i
const DECISION = /^(?:approved|go|declined|no-?go|rejected)$/i

/** `check | action | poll | record | watch | trigger | reference`. */
export function kindOf(draft: Draft, thresholds: readonly Threshold[]): ItemKind {
  const phase = draft.section.phase.kind
  if (isTrigger(draft)) return 'trigger'
  if (phase === 'reference' || phase === 'troubleshooting' || phase === 'contacts') return 'reference'
  if (neverRuns(phase) && isProcedure(draft)) return 'reference'
  if (draft.origin === 'form') return 'record'
  if (!draft.group && inAlerts(draft)) return 'watch'
  if (draft.choices.some(({ options }) => options.some((option) => DECISION.test(option)))) return 'poll'
  if (isApproval(draft, thresholds)) return 'poll'
  if (draft.origin === 'table') return draft.blanks.length > 0 && !draft.bounds ? 'record' : 'check'
  return byContent(draft, thresholds, phase === 'watch')
}

function byContent(draft: Draft, thresholds: readonly Threshold[], watched: boolean): ItemKind {
  if (draft.origin === 'fence') return draft.commands.length > 0 ? 'action' : 'check'
  const numbers = thresholds.some(({ value }) => value !== null)
  if (watched && numbers && draft.commands.length === 0) return 'watch'
  const targets = draft.blanks.some(({ target }) => target !== null)
  if (draft.blanks.length > 0 && !numbers && !targets) return 'record'
  if (draft.origin === 'line') return 'record'
  if (readStage(draft)) return 'action'
  if (draft.commands.length > 0)
    return draft.commands.every(({ script }) => looksOnly(script)) ? 'check' : commanded(draft)
  return isImperative(draft) ? 'action' : 'check'
}

/** Inline commands of an assertion ("All tests passing (`npm test`)") show how to check it; a fence below a box is what to do. */
function commanded(draft: Draft): ItemKind {
  const fenced = draft.commands.some(({ script }) => !draft.text.includes(script))
  return fenced || isImperative(draft) ? 'action' : 'check'
}

/** States to act upon, listed or in a sentence. A box that only gathers others is none. */
function isTrigger(draft: Draft): boolean {
  if (draft.group || draft.commands.length > 0) return false
  if (draft.origin === 'prose') return true
  if (draft.origin === 'heading') return draft.box === null
  const listed = draft.origin === 'box' || draft.origin === 'bullet' || draft.origin === 'step'
  return listed && (inTriggers(draft) || statesTrigger(draft.text)) && draft.blanks.length === 0
}

/** Way-back commands and numbered steps are shown, never run as items. */
function isProcedure(draft: Draft): boolean {
  return draft.origin === 'fence' || draft.origin === 'step' || (draft.origin !== 'line' && draft.commands.length > 0)
}

function isApproval(draft: Draft, thresholds: readonly Threshold[]): boolean {
  if (thresholds.length > 0 || draft.commands.length > 0 || draft.group) return false
  if (APPROVAL.test(draft.text)) return true
  if (!inSignOff(draft)) return false
  return draft.box !== null || draft.blanks.some(({ name }) => name.startsWith('signature')) || draft.origin === 'table'
}

/** Whether the statement tells to change something rather than states that it is so. */
function isImperative(draft: Pick<Draft, 'text' | 'label' | 'choices'>): boolean {
  // "Tag created: Yes / No" is a question.
  if (draft.choices.length > 0) return false
  const statement = statementOf(draft)
  return IMPERATIVE.test(statement) && !LOOKS_FIRST.test(statement) && !STATES.test(statement)
}

/** The words behind the label. */
function statementOf({ text, label }: Pick<Draft, 'text' | 'label'>): string {
  const behind = label && text.startsWith(label) ? text.slice(label.length).replace(/^\s*[:：–—-]\s*/, '') : text
  return behind.trim() === '' ? text : behind.trim()
}

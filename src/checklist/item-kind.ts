// What kind of item a draft is: by its place and shape first, by its words last.
import type { ItemKind } from '../plan/plan.ts'
import type { Threshold } from '../plan/threshold.ts'
import { inAlerts, inSignOff, inTriggers, sortsTrouble, statesTrigger } from './contexts.ts'
import type { Draft } from './draft.ts'
import { isImperative } from './item-words.ts'
import { neverRuns } from './phase-kind.ts'
import { isPrepared } from './polarity.ts'
import { readStage } from './stages.ts'
import { TRIES } from './verbs.ts'

const APPROVAL =
  /\b(?:reviewed and approved|approved by|approvals? (?:received|obtained|given)|(?:manual )?confirmation received|sign(?:ed)?[ -]?off (?:by|from|received|obtained)|go[ /-]+no[ -]?go|authori[sz]ed (?:by|to))\b/i
const OBSERVES =
  /\bmonitor(?:ing|s)?\b|\bobserv|\bal(?:arms?|erts?)\b|\bmetrics to (?:watch|monitor|track)|\bcheckpoint|\bstability|\bsoak\b|\bhyper-?care/i
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
  return byContent(draft, thresholds, observes(draft))
}

function byContent(draft: Draft, thresholds: readonly Threshold[], watched: boolean): ItemKind {
  // A block that only looks and says what it should see is a check; what it prints is judged.
  const judged = draft.commands.every((step) => step.looksOnly && (step.expects || step.language === 'sql'))
  if (draft.origin === 'fence') return judged ? 'check' : 'action'
  const numbers = thresholds.some(({ value }) => value !== null)
  if (watched && numbers && draft.commands.length === 0) return 'watch'
  const targets = draft.blanks.some(({ target }) => target !== null)
  if (draft.blanks.length > 0 && !numbers && !targets) return 'record'
  if (draft.origin === 'line') return 'record'
  if (readStage(draft)) return 'action'
  if (draft.commands.length > 0) return draft.commands.every(({ looksOnly }) => looksOnly) ? 'check' : commanded(draft)
  return isImperative(draft) ? 'action' : 'check'
}

/** Inline commands of an assertion ("All tests passing (`npm test`)") show how to check it; a fence below a box is what to do. */
function commanded(draft: Draft): ItemKind {
  const fenced = draft.commands.some(({ script }) => !draft.text.includes(script))
  // "`git push --tags`" and no word more is a step; "`npm test`" tries something.
  const bare = draft.commands.length === 1 && draft.commands[0]?.script === draft.text && !TRIES.test(draft.text)
  return fenced || bare || isImperative(draft) ? 'action' : 'check'
}

/** States to act upon, listed or in a sentence. A box that only gathers others is none. */
function isTrigger(draft: Draft): boolean {
  if (draft.group || draft.commands.length > 0) return false
  if (draft.origin === 'prose') return true
  if (draft.origin === 'heading') return draft.box === null
  const listed = draft.origin === 'box' || draft.origin === 'bullet' || draft.origin === 'step'
  if (!listed || draft.blanks.length > 0 || draft.choices.length > 0 || isPrepared(draft.text)) return false
  if (draft.origin === 'step' && isImperative(draft)) return false
  if (draft.origin === 'bullet' && sortsTrouble(draft)) return true
  return inTriggers(draft) || statesTrigger(draft.text)
}

/** Figures of a section that looks at the release as it runs are held to, not looked at once. */
function observes({ section: { phase } }: Draft): boolean {
  if (phase.kind !== 'verify' && phase.kind !== 'triggers') return false
  return phase.path.slice(phase.path.length > 1 ? 1 : 0).some((title) => OBSERVES.test(title))
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

// What kind of item a draft is: by its place and shape first, by its words last.
import type { ItemKind } from '../../plan/plan.ts'
import type { Threshold } from '../../plan/threshold.ts'
import { inAlerts, inSignOff, inTriggers, sortsTrouble, statesTrigger } from './contexts.ts'
import { ROLE } from '../statements/clusters/person.ts'
import type { Draft } from './draft.ts'
import { isImperative } from './item-words.ts'
import { neverRuns } from '../phases/phase-kind.ts'
import { isPrepared } from './polarity.ts'
import { readStage } from './stages.ts'
import { statementOf } from '../statements/statement.ts'
import { judge } from '../statements/verifiable.ts'
import { SHOWS, TRIES } from '../statements/verbs.ts'

const APPROVAL =
  /\b(?:reviewed and approved|approved by|approvals? (?:received|obtained|given)|(?:manual )?confirmation received|sign(?:ed)?[ -]?off (?:by|from|received|obtained)|go[ /-]+no[ -]?go|authori[sz]ed (?:by|to))\b/i
const OBSERVES =
  /\bmonitor(?:ing|s)?\b|\bobserv|\bal(?:arms?|erts?)\b|\bmetrics to (?:watch|monitor|track)|\bcheckpoint|\bstability|\bsoak\b|\bhyper-?care/i
/** What trying shows, in the present: nobody brings it about by saying so. */
const RESULT =
  /^(?:(?:still|all|now) )?(?:works?|succeeds?|passes|builds?|installs?|runs?|starts?|loads?|responds?|compiles|returns?)\b/
/** What came of it, in words that are ticked. */
const OUTCOME =
  /^(?:success(?:ful)?|partial|failed|failure|stable|unstable|degraded|needs attention|issues? found|complete|incomplete|healthy|warning|critical|ok|not ok|(?:in|de)creasing|improving|worsening|rising|falling|better|worse|same|similar|good|fair|poor|excellent|normal|abnormal|elevated|high|medium|low)$/i
/** What names the outcome of it all, whatever words a team has for it. */
const VERDICT = /\b(?:status|outcome|verdict|conclusion)$/i
const YES_OR_NO = /^(?:yes|no|y|n|n\/a|pass(?:ed)?|fail(?:ed)?|valid|invalid|working|broken)$/i
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
  if (draft.origin === 'fence')
    return judged && (draft.commands.length > 0 || !isImperative(draft)) ? 'check' : 'action'
  const numbers = thresholds.some(({ value }) => value !== null)
  if (watched && numbers && draft.commands.length === 0) return 'watch'
  const targets = draft.blanks.some(({ target }) => target !== null)
  if (draft.blanks.length > 0 && !numbers && !targets) return 'record'
  if (draft.origin === 'line' || isOutcome(draft, thresholds)) return 'record'
  if (readStage(draft)) return 'action'
  if (draft.commands.length > 0) return commanded(draft)
  return isImperative(draft) ? 'action' : 'check'
}

/** "Status: SUCCESS / PARTIAL / FAILED": somebody writes down what came of it. */
function isOutcome(draft: Draft, thresholds: readonly Threshold[]): boolean {
  if (draft.commands.length > 0 || draft.choices.length === 0) return false
  const sumsUp = draft.choices.some(
    ({ label, options }) => VERDICT.test(draft.label ?? label) && !options.every((option) => YES_OR_NO.test(option)),
  )
  if (sumsUp) return true
  const rates = draft.choices.some(({ options }) => options.every((option) => OUTCOME.test(option)))
  return rates && judge({ ...draft, kind: 'check', thresholds: [...thresholds] }).verifiable !== 'machine'
}

/** Inline commands of an assertion ("All tests passing (`npm test`)") show how to check it; a fence below a box is what to do. */
function commanded(draft: Draft): ItemKind {
  if (draft.commands.every(({ looksOnly }) => looksOnly)) {
    const { verb } = statementOf(draft)
    return isImperative(draft) && !(verb !== null && SHOWS.test(verb)) ? 'action' : 'check'
  }
  const fenced = draft.commands.some(({ script }) => !draft.text.includes(script))
  // "`git push --tags`" and no word more is a step; "`npm test`" tries something.
  const bare = draft.commands.length === 1 && draft.commands[0]?.script === draft.text && !TRIES.test(draft.text)
  if (isImperative(draft) || bare) return 'action'
  return fenced && !isTried(draft) ? 'action' : 'check'
}

/** "Build succeeds", "Package installs", "Verify the image" with how to try it below; "Tag created" has what creates it. */
function isTried(draft: Draft): boolean {
  const { form, predicate } = statementOf(draft)
  if (form === 'looks') return draft.commands.every(({ script, looksOnly }) => looksOnly || TRIES.test(script))
  return form === 'states' && predicate !== null && RESULT.test(predicate)
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
  // "Retention policies active" among the boxes to sign is for a machine to see.
  const byRole = draft.label !== null && ROLE.test(draft.label.toLowerCase())
  if (
    draft.box !== null &&
    !byRole &&
    judge({ ...draft, kind: 'check', thresholds: [...thresholds] }).verifiable === 'machine'
  )
    return false
  return draft.box !== null || draft.blanks.some(({ name }) => name.startsWith('signature')) || draft.origin === 'table'
}

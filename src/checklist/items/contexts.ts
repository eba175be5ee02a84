// What the words around a list say about its entries: triggers, alerts, approvals, criteria.
import type { PhaseKind } from '../../plan/plan.ts'
import type { Draft, Place } from './draft.ts'
import { parseThresholds } from '../bounds/thresholds.ts'

const TRIGGERS = remembered(
  /\b(?:auto(?:matic(?:ally)?)?[ -]?)?roll(?:ed|s|ing)?[ -]?back\b[^.]{0,40}\b(?:if|when|conditions?|criteria|triggers?|requir\w*|decision)\b|\b(?:immediate(?:ly)?|conditional|automatic|manual|instant|emergency) (?:rollback|roll back|abort|stop)\W*$|\bimmediate(?:ly)? (?:rollback )?(?:if|when)\b|\b(?:requiring|triggers? (?:for )?(?:a )?)\s?rollback|\b(?:rollback|abort|stop|escalation) (?:triggers?|criteria|conditions?)\b|\b(?:abort|stop|halt|pause|escalate|no-?go|revert|page|do not (?:proceed|deploy|release|launch))\b[^.]{0,30}\b(?:if|when)\b|\bno-?go (?:criteria|conditions)|\bred flags?\b|\bwarning signs?\b|\bkill criteria\b|回滚(?:条件|标准)|ロールバック(?:条件|基準)|롤백 ?(?:기준|조건)|критерии отката/i,
)
/** What is done about it, not what calls for it. */
const PROCEDURE = remembered(
  /\b(?:process|procedures?|steps|verification|actions?|plan|after|how to|checklist|prepar\w+|tested|ready)\b/i,
)
const ALERTS = remembered(
  /\balert(?:ing)? (?:conditions?|thresholds?|rules? (?:for|on)|if|when|on)\b|\b(?:critical|warning|real-?time|security|p[1-4]) alerts?\b(?! (?:configured|tested|active))|\balarms\b|\balert (?:me|us|the team) (?:if|when)\b/i,
)
/** A lead-in that only sorts: "Critical, call somebody:". */
const SEVERITY =
  /^\W*(?:critical|warning|severe|major|minor|info|high|medium|low|sev(?:erity)?[ -]?\d|p[0-4]|level \d)\b/i
const SIGN_OFF = remembered(
  /\bsign[ -]?offs?\b|\bapprovals?\b(?! gates?)|\bapproved by\b|\bgo[ /-]+no[ -]?go\b|\bauthori[sz]ations?\b/i,
)
const CRITERIA = remembered(
  /\b(?:successful|complete|success)\b[^.]{0,30}\b(?:when|if)\b|\bbefore (?:marking|declaring)|\bsuccess (?:criteria|indicators|metrics)|\bcriteria\b/i,
)
const CONDITIONAL =
  /\bconditional|\bconsider|\bmay\b|\bmight\b|\bevaluate|\bmanual(?:ly)?\b|\bdiscuss|\bdecide|\bwarning|\bminor\b|\bnon-?critical|\bfix forward|\bsev(?:erity)?[ -]?[2-5]\b|\bp[2-4]\b|\bwithin \d+ (?:hours?|days?)|\bif (?:needed|necessary)/i
const AT_ONCE =
  /\bautomatic|\bimmediate|\bat once|\binstant|\bp[01]\b|\bsev(?:erity)?[ -]?[01]\b|(?<!non-)\bcritical\b(?! ?issues)/i

/** What introduces entries is read again for each of them. */
const LEAD_CHARACTERS_MAX = 300

/** The words nearest to an entry decide; the heading only where there are no nearer ones that say anything. */
function nearest(place: Pick<Place, 'lead' | 'section'>): { near: string; heading: string } {
  return { near: (place.lead ?? '').slice(0, LEAD_CHARACTERS_MAX), heading: place.section.phase.title }
}

/** A test that knows its last answer: entries that follow each other mostly have the same words around them. None matches nothing. */
function remembered(pattern: RegExp): { test(words: string): boolean } {
  let last = ''
  let answer = false
  return {
    test(words) {
      if (words !== last) {
        answer = pattern.test(words)
        last = words
      }
      return answer
    },
  }
}

/** Whether entries here name states that call for a rollback. */
export function inTriggers(place: Pick<Place, 'lead' | 'section'>): boolean {
  const { near, heading } = nearest(place)
  if (PROCEDURE.test(near)) return false
  if (TRIGGERS.test(near)) return true
  const underHeading = place.section.phase.kind === 'triggers' || (TRIGGERS.test(heading) && !PROCEDURE.test(heading))
  return underHeading && !isAboutAlerts(place)
}

/** Whether entries here name states to be alerted of. */
export function inAlerts(place: Pick<Place, 'lead' | 'section'>): boolean {
  const { near, heading } = nearest(place)
  if (TRIGGERS.test(near)) return false
  const underHeading = /\balert conditions?\b|\breal-?time alerts\b|\balarms$/i.test(heading)
  if (place.section.phase.kind === 'triggers' && isAboutAlerts(place)) return !PROCEDURE.test(near)
  return ALERTS.test(near) || (underHeading && (near === '' || SEVERITY.test(near)))
}

/** A list of states that ring an alarm; going back is not spoken of. */
function isAboutAlerts({ section }: Pick<Place, 'section'>): boolean {
  return (
    /\bal(?:arms?|erts?|erting)\b/i.test(section.phase.title) &&
    !/roll[ -]?back|revert|abort/i.test(section.phase.title)
  )
}

/** Whether plain entries in a way back are the trouble it is for: "Severity 1: ...", sorted, not told as steps. */
export function sortsTrouble(place: Pick<Place, 'lead' | 'section'>): boolean {
  const { near, heading } = nearest(place)
  return (
    place.section.phase.kind === 'rollback' &&
    !PROCEDURE.test(near) &&
    (SEVERITY.test(near) || TRIGGERS.test(near) || (near === '' && TRIGGERS.test(heading)))
  )
}

/** Whether entries here are people who must say yes. */
export function inSignOff(place: Pick<Place, 'lead' | 'section'>): boolean {
  const { near } = nearest(place)
  return SIGN_OFF.test(near) || place.section.phase.kind === 'sign-off'
}

/** Whether plain entries here state what must be true. */
export function inCriteria(place: Pick<Place, 'lead' | 'section'>): boolean {
  return place.section.phase.kind === 'success' || CRITERIA.test(nearest(place).near)
}

/** A trigger acts at once unless the words about it leave the decision to a person. The nearest words that say either decide. */
export function triggerSeverity(draft: Pick<Draft, 'lead' | 'section' | 'text'>): 'immediate' | 'conditional' {
  const { near, heading } = nearest(draft)
  for (const words of [near, heading, draft.text, ...draft.section.phase.path.slice(0, -1).toReversed()]) {
    if (AT_ONCE.test(words)) return 'immediate'
    if (CONDITIONAL.test(words)) return 'conditional'
  }
  return 'immediate'
}

/**
 * Words that state a trigger by themselves: "Roll back if p95 > 2 s for 5 minutes". They tell to roll back or say from
 * what figure on; "Rollback plan ready if issues occur" merely speaks of it.
 */
export function statesTrigger(text: string): boolean {
  const said =
    /\broll(?:ed)?[ -]?back\b[^.:]{0,30}\b(?:if|when)\b\s+(?!applicable|needed|necessary|required|possible)\S/i
  if (!said.test(text) || /:\s*$/.test(text)) return false
  return /^(?:immediately )?roll[ -]back\b/i.test(text) || parseThresholds(text).some(({ value }) => value !== null)
}

/** Kinds of phase in which a numbered list is something to do. */
export function holdsSteps(kind: PhaseKind): boolean {
  return !['contacts', 'notes', 'sign-off'].includes(kind)
}

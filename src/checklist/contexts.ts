// What the words around a list say about its entries: triggers, alerts, approvals, criteria.
import type { PhaseKind } from '../plan/plan.ts'
import type { Draft, Place } from './draft.ts'
import { parseThresholds } from './thresholds.ts'

const TRIGGERS =
  /\b(?:auto(?:matic(?:ally)?)?[ -]?)?roll(?:ed|s|ing)?[ -]?back\b[^.]{0,40}\b(?:if|when|conditions?|criteria|triggers?|requir\w*)\b|\bimmediate(?:ly)? (?:rollback )?(?:if|when)\b|\b(?:requiring|triggers? (?:for )?(?:a )?)\s?rollback|\brollback triggers?\b|\babort if\b/i
const PROCEDURE = /\b(?:decision|process|procedures?|steps|verification|actions?|plan|after)\b/i
const ALERTS =
  /\balert(?:ing)? (?:conditions?|thresholds?|rules? (?:for|on)|if|when|on)\b|\b(?:critical|warning|real-?time|security|p[1-4]) alerts?\b(?! (?:configured|tested|active))|\balarms\b|\balert (?:me|us|the team) (?:if|when)\b/i
/** A lead-in that only sorts: "Critical, call somebody:". */
const SEVERITY = /^\W*(?:critical|warning|severe|major|minor|info|high|medium|low|p[1-4])\b/i
const SIGN_OFF =
  /\bsign[ -]?offs?\b|\bapprovals?\b(?! gates?)|\bapproved by\b|\bgo[ /-]+no[ -]?go\b|\bauthori[sz]ations?\b/i
const CRITERIA =
  /\b(?:successful|complete|success)\b[^.]{0,30}\b(?:when|if)\b|\bbefore (?:marking|declaring)|\bsuccess (?:criteria|indicators|metrics)|\bcriteria\b/i
const CONDITIONAL = /\bconditional|\bconsider|\bmay\b|\bevaluate|\bmanual(?:ly)?\b|\bdiscuss|\bwarning/i

/** The words nearest to an entry decide; the heading only where there are no nearer ones that say anything. */
function nearest(place: Pick<Place, 'lead' | 'section'>): { near: string; heading: string } {
  return { near: place.lead ?? '', heading: place.section.phase.title }
}

/** Whether entries here name states that call for a rollback. */
export function inTriggers(place: Pick<Place, 'lead' | 'section'>): boolean {
  const { near, heading } = nearest(place)
  if (TRIGGERS.test(near)) return true
  const underHeading = place.section.phase.kind === 'triggers' || TRIGGERS.test(heading)
  return underHeading && !PROCEDURE.test(near)
}

/** Whether entries here name states to be alerted of. */
export function inAlerts(place: Pick<Place, 'lead' | 'section'>): boolean {
  const { near, heading } = nearest(place)
  const underHeading = /\balert conditions?\b|\breal-?time alerts\b|\balarms$/i.test(heading)
  return ALERTS.test(near) || (underHeading && (near === '' || SEVERITY.test(near)))
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

/** A trigger acts at once unless the words about it leave the decision to a person. */
export function triggerSeverity(draft: Pick<Draft, 'lead' | 'section'>): 'immediate' | 'conditional' {
  const { near, heading } = nearest(draft)
  return CONDITIONAL.test(near === '' ? heading : `${near} ${heading}`) &&
    !/\bautomatic|\bimmediate/i.test(near || heading)
    ? 'conditional'
    : 'immediate'
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
  return !['contacts', 'notes', 'report', 'sign-off'].includes(kind)
}

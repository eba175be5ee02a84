// Whether an item names a bad state: one whose being true means trouble.
import type { ItemKind } from '../../plan/plan.ts'
import { inAlerts, inTriggers } from './contexts.ts'
import type { Draft } from './draft.ts'

/** Questions to be answered with no: "Do logs expose secrets?" */
const QUESTION = /^(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would)\b[^?]{0,200}\?/i
const UNWANTED =
  /\b(?:leak(?:s|ed|ing)?|prone to|plain ?text|hard-?coded|unencrypted|insecure|vulnerab\w+|secrets? in\b|via http\b(?!s)|over http\b(?!s)|(?:writes?|written|logs?|contains?|reveals?|stores?|expos(?:e|es|ed|ing)|hold|holds)\b[^?]{0,30}\b(?:secrets?|passwords?|pii|sensitive|credentials?|personal data)|(?:negative|adverse|potential|performance|security|legal|known|critical|open|blocking|outstanding)(?: \w+){0,2} (?:impacts?|issues?|risks?|problems?|bugs?|regressions?|vulnerabilities|conflicts?)|any (?:errors?|failures?|alerts? firing|regressions?|blockers?))\b/i
/** What is exposed on purpose, or taken care of. */
const CARED_FOR =
  /\b(?:metrics|sanit\w+|encrypted|masked|redacted|stored|mitigat\w+|handled?|scanned?|resolved|fixed|documented|tracked|reviewed|addressed|protected|tested|checked|rotat\w+|known to)\b/i
/** A box that speaks of going back without naming a trouble. */
const PREPARED =
  /\b(?:plan|procedure|process|script|steps?|strategy|runbook|triggers?|criteria)\b.{0,40}\b(?:tested|ready|documented|reviewed|defined|verified|prepared|agreed|in place|approved|available|known|set|configured)\b|^(?:no|zero|0|without)\b.{0,40}\b(?:errors?|failures?|issues?|alerts?|warnings?|loss|corruption|downtime|regressions?|crash\w*|incidents?|complaints?)\b|\b(?:configured|tested)\W*$/i

/** `bad-state`: ticking it means trouble. */
export function polarityOf(draft: Draft, kind: ItemKind): 'good' | 'bad-state' {
  if (kind === 'trigger') return 'bad-state'
  if (draft.group || PREPARED.test(draft.text)) return 'good'
  if (kind === 'watch' && inAlerts(draft)) return 'bad-state'
  if (kind === 'check' && draft.box && inTriggers(draft)) return 'bad-state'
  return isUnwantedQuestion(draft.text) ? 'bad-state' : 'good'
}

/** A question that a sound service answers with no. */
export function isUnwantedQuestion(text: string): boolean {
  return QUESTION.test(text) && UNWANTED.test(text) && !CARED_FOR.test(text)
}

/** Says that something is ready or kept away, where states of trouble are listed. */
export function isPrepared(text: string): boolean {
  return PREPARED.test(text)
}

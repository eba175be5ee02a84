// What a phase is for, by its heading and those above it.
import type { Anchor, PhaseKind } from '../plan/plan.ts'

/** Tried in order; the first that matches decides. */
const KINDS: [PhaseKind, RegExp][] = [
  ['reference', /\b(?:version history|changelog|revision history|related (?:documents?|docs|links)|see also)\b/],
  ['contacts', /\bcontacts?\b|\bescalation path|\bon-?call (?:engineers?|contacts?)|\bexternal services$/],
  [
    'triggers',
    /\btriggers?\b|roll(?:ed)?[ -]?back(?: \w+){0,3} (?:if|when)\b|when to roll|rollback (?:criteria|conditions)/,
  ],
  [
    'troubleshooting',
    /troubleshoot|\bcommon (?:issues|problems)|\bemergency (?!roll)|\bincident response|\bsymptoms?\b|known issues/,
  ],
  [
    'reference',
    /\breferences?\b|\bresources\b|\bquick (?:commands|reference|links|start)|\bappendix|\bglossary|\buseful (?:commands|links)/,
  ],
  ['sign-off', /\bsign[ -]?offs?\b|\bapprovals?\b|\bauthori[sz]ations?\b|go[ /-]+no[ -]?go/],
  ['rollback', /\broll(?:ing)?[ -]?back|\brevert(?:ing)?\b|\brecovery (?:procedure|plan)|\bback-?out/],
  [
    'report',
    /\bdeployment (?:log|report|record)|\blog template|\bmetrics summary|\bpost-?mortem|\bdeployment (?:info|summary|details)\b/,
  ],
  [
    'success',
    /\bsuccess\b|\bacceptance criteria|\bdefinition of done|\bbenchmarks?\b|\bbaselines?\b|\bfinal validation|\bcompletion\b/,
  ],
  [
    'notes',
    /\boverview\b|\bintroduction\b|\bpurpose\b|\babout\b|^notes?\b|\bhow to use|\btable of contents|\bbackground\b|\blessons learned/,
  ],
  [
    'readiness',
    /\bpre[ -]?(?:deploy|launch|release|production|flight|req|migration|rollout|cutover|checks?)|\bprerequisites?\b|\breadiness\b|\bpreparations?\b|\bbefore (?:deploy|release|you|the|starting|launch)|\bpreflight/,
  ],
  [
    'verify',
    /\bpost[ -]?(?:deploy|launch|release|production|migration|rollout|cutover)|\bafter (?:deploy|release|the|launch)|\bverif(?:y|ication)|\bvalidation\b|\bsmoke|\bacceptance tests?/,
  ],
  [
    'watch',
    /\bmonitoring\b|\bobservability\b|\balerts?\b|\balert conditions|\bmetrics to (?:watch|monitor)|\bcheckpoint|\bstability/,
  ],
  [
    'execute',
    /\bdeploy(?:ment|ing)?\b|\brelease\b|\blaunch\b|\bgo-?live\b|\brollout\b|\bmigrat(?:e|ion)\b|\bexecution\b|\bcutover\b|\bcanary\b|\bstep \d|\binstall/,
  ],
]

/** Below one of these, a heading is read as part of it unless its own kind is among those named. */
const STAYS: Partial<Record<PhaseKind, PhaseKind[]>> = {
  readiness: ['triggers', 'sign-off', 'contacts', 'reference', 'troubleshooting'],
  execute: ['triggers', 'rollback', 'sign-off', 'contacts', 'troubleshooting', 'reference', 'verify', 'report'],
  success: ['triggers', 'sign-off', 'contacts'],
  verify: [
    'triggers',
    'rollback',
    'sign-off',
    'contacts',
    'report',
    'troubleshooting',
    'reference',
    'watch',
    'success',
  ],
  watch: ['triggers', 'rollback', 'sign-off', 'contacts', 'verify', 'troubleshooting', 'report'],
  rollback: ['triggers', 'contacts', 'troubleshooting'],
  triggers: ['rollback', 'contacts'],
  troubleshooting: ['triggers', 'rollback', 'contacts', 'reference'],
  reference: ['contacts'],
  contacts: [],
  'sign-off': [],
  report: ['sign-off', 'contacts'],
}

/**
 * Kind of a phase. `parent` is the kind of the heading above, null at the top and directly below the document's own
 * title, which says nothing about its parts.
 */
export function phaseKindOf(title: string, anchor: Anchor | null, parent: PhaseKind | null): PhaseKind {
  const own = ownKind(title, anchor)
  if (parent === null || parent === 'notes') return own ?? 'notes'
  if (own === null || own === parent) return parent
  // In a list of deployment steps "pre-deployment validation" is a step, "post-deployment verification" its end.
  if (parent === 'execute' && own === 'verify' && !/post|smoke|after/i.test(title)) return parent
  return STAYS[parent]?.includes(own) ? own : parent
}

function ownKind(title: string, anchor: Anchor | null): PhaseKind | null {
  const words = title.toLowerCase()
  const named = KINDS.find(([, pattern]) => pattern.test(words))?.[0] ?? null
  const byTime = named === null || named === 'execute' || named === 'verify' || named === 'watch'
  if (!anchor || !byTime) return named
  if (anchor.fromMs < 0) return 'readiness'
  if (anchor.fromMs === 0 && anchor.toMs === null) return 'execute'
  return named === 'watch' ? 'watch' : 'verify'
}

/** Blocks of these are shown and never run; lists of these are no tasks. */
export function neverRuns(kind: PhaseKind): boolean {
  return (
    kind === 'reference' ||
    kind === 'troubleshooting' ||
    kind === 'contacts' ||
    kind === 'rollback' ||
    kind === 'triggers'
  )
}

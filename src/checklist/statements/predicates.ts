// Where the subject of a checklist sentence ends and what is said of it begins: "Alerts | configured for error rate".
import { wordsOf } from './word-sets.ts'

/** Verbs and states that end a subject; words that are as often nouns are left out or stand in AMBIGUOUS. */
const FINITE = wordsOf`
  is are was were has have had be been being contain include includes show listen answer answers listens reject
  can cannot can't could should must may might will won't do does did don't doesn't isn't aren't not never works
  passes responds returns loads starts exists exist succeeds succeed matches requires require contains contain
  resolves resolve connects connect appears appear completes remains remain stays stay behaves behave accepts
  receives receive redirects points serves meets meet increases decreases drops exceeds exceed compiles
  instantiate instantiates expires expire fails fail fires fire triggers sanitizes handles handle supports opens
  comes come keeps covers uses sends shows displays executes renders render propagates validates prevents
  rejects reject allows defaults reflect reflects follow follows went goes approaching exceeding below above beyond look
  looks installs collecting scraping displaying returning emitting exposing trending responding receiving serving
  listening passing`
const AUXILIARY = wordsOf`
  is are has have can cannot must should does keeps`
const AMBIGUOUS = wordsOf`
  work pass default execute builds deploys install respond return load run runs start match use show display serve complete build function functions
  redirect process report need needs flow flows`
const STATE = wordsOf`
  set set-up built sent written done met taken kept put shown found made rebuilt reset overwritten bound held
  given ready active valid invalid available accessible reachable unreachable healthy unhealthy stable unstable
  normal nominal clean green complete current live operational functional working running passing responding
  listening serving scraping functioning receiving sending flowing firing failing collecting reporting
  processing syncing recording present correct consistent inconsistent intact secure empty positive negative up
  down ok okay fine good acceptable appropriate sufficient adequate low successful properly correctly
  successfully in-place up-to-date identical unchanged open closed alive online offline visible unique strong
  compatible idempotent missing unresponsive unavailable corrupt slow fast quickly enough aware familiar on-call
  writable readable executable responsive obsolete reversible restorable recoverable satisfactory in-sync behind
  being back cut executing draining indexing optimal off zero enforcing recent broken appearing`
const NO_STATE = wordsOf`
  need feed speed seed embed bed red shed used hundred based indeed exceed succeed proceed`
/** Words that may follow a state: anything else makes it an adjective of a noun ("signed URLs"). */
const AFTER_STATE = wordsOf`
  and or but of for in on to with without from at by under per across between against after before during via
  using as than that when if where while until since behind into over through within outside correctly properly
  successfully securely automatically regularly again only yet everywhere daily hourly weekly not no is are now
  both so accordingly globally working enough about end-to-end back available accessible secure complete healthy
  successful clean current`

interface Found {
  /** Index of the first word of it. */
  at: number
  words: string
  /** The subject follows instead: "Changed default admin password". */
  front?: true
}

/** The predicate among the words of a clause, or null: a bare noun phrase. */
export function findPredicate(words: readonly string[]): Found | null {
  const lower = words.map((word) => word.toLowerCase())
  for (const [at, word] of lower.entries()) {
    const bare = withoutStop(word)
    const next = lower[at + 1]
    if (at === 0 && next !== undefined) {
      // "Healthy", "can be restored": what it is said of stands in the label.
      if (!AUXILIARY.has(bare) && !(isState(bare) && mayFollow(next))) continue
      if (ADJECTIVE.has(bare)) continue
    }
    if (at === 0 && !isState(bare) && !AUXILIARY.has(bare)) continue
    if (FINITE.has(bare)) return found(words, at)
    // "Jobs run", "page and dashboard load"
    if (
      AMBIGUOUS.has(bare) &&
      endsHere(word, next) &&
      (/s$|^(?:all|§)/.test(lower[at - 1] ?? '') || lower[at - 2] === 'and')
    )
      return found(words, at)
    if (isState(bare) && !NO_STATE.has(bare) && endsHere(word, next)) return found(words, at)
    // "properly configured"
    if (
      bare.endsWith('ly') &&
      at > 0 &&
      next !== undefined &&
      isState(withoutStop(next)) &&
      endsHere(next, lower[at + 2])
    )
      return found(words, at)
  }
  const first = lower[0] ?? ''
  // "Changed default admin password": the state stands in front.
  if (words.length > 1 && /^\w{3,}ed$/.test(first) && !NO_STATE.has(first) && !ADJECTIVE.has(first))
    return { at: 0, words: first, front: true }
  return null
}

function withoutStop(word: string): string {
  return /[,.:;]$/.test(word) ? word.replace(/[,.:;]+$/, '') : word
}

function isState(word: string): boolean {
  return STATE.has(word) || (word.includes('ed') && PARTICIPLE.test(word))
}

/** "Tested", "signed-off". */
const PARTICIPLE = /^[\w-]{2,}ed(?:-\w+)?$/

/** Whether nothing follows a word that could be what it describes. */
function endsHere(word: string, next: string | undefined): boolean {
  return next === undefined || /[,:;]$/.test(word) || mayFollow(next)
}

function mayFollow(word: string): boolean {
  return AFTER_STATE.has(word) || /^\w+ly$|^[<>≤≥=~&§(\d"“]|[,:]$/.test(word)
}

/** States in front of a noun that only describe it: "Automated backups". */
const ADJECTIVE = wordsOf`
  automated scheduled required failed unused encrypted distributed managed signed expected dedicated shared
  related advanced cached replicated protected unauthorized authorized authenticated affected unhandled detailed
  centralized hardcoded hard-coded orphaned structured uncommitted untracked unexpected increased delayed
  degraded corrupted duplicated needed proposed named limited nested rate-limited blocked trusted simplified
  personalized extended unapplied pending improved`

/** Said of something else than the subject: "Update docs if needed". */
export function isLoosePredicate(words: string): boolean {
  return /^(?:needed|required|affected|necessary|involved|used|requested|found|wanted|applicable|not|appropriate|described|possible|can|should|must|will|may)\b/i.test(
    words,
  )
}

function found(words: readonly string[], at: number): Found {
  return { at, words: words.slice(at).join(' ') }
}

const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\b(set|backed|rolled|turned|locked|cleaned|switched) (up|back|off|on|down)\b/gi, '$1-$2'],
  [/\bsigned off\b/gi, 'signed-off'],
  [/\bin (place|sync)\b/gi, 'in-$1'],
  [/\bon call\b/gi, 'on-call'],
  [/\bup[ -]to date\b/gi, 'up-to-date'],
  [/\bup and running\b/gi, 'running'],
]

/** Phrases of several words that mean one state, as one word. */
export function joinPhrases(words: string): string {
  if (!/ (?:up|back|off|on|down|place|sync|call|to|and)\b/i.test(words) && !/^up /i.test(words)) return words
  return PHRASES.reduce((joined, [phrase, word]) => joined.replace(phrase, word), words)
}

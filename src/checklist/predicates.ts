// Where the subject of a checklist sentence ends and what is said of it begins: "Alerts | configured for error rate".

/** Verbs and states that end a subject; words that are as often nouns are left out or stand in AMBIGUOUS. */
const FINITE =
  /^(?:is|are|was|were|has|have|had|be|been|being|contain|include|includes|show|listen|answer|answers|listens|reject|can|cannot|can't|could|should|must|may|might|will|won't|do|does|did|don't|doesn't|isn't|aren't|not|never|works|passes|responds|returns|loads|starts|exists|exist|succeeds|succeed|matches|requires|require|contains|contain|resolves|resolve|connects|connect|appears|appear|completes|remains|remain|stays|stay|behaves|behave|accepts|receives|receive|redirects|points|serves|meets|meet|increases|decreases|drops|exceeds|exceed|compiles|instantiate|instantiates|expires|expire|fails|fail|fires|fire|triggers|sanitizes|handles|handle|supports|opens|comes|come|keeps|covers|uses|sends|shows|displays|executes|renders|render|propagates|validates|prevents|rejects|reject|tests out)$/
const AUXILIARY = /^(?:is|are|has|have|can|cannot|must|should|does|keeps)$/
const AMBIGUOUS =
  /^(?:work|pass|respond|return|load|run|runs|start|match|use|show|display|serve|complete|build|function|functions|redirect|process|report|need|needs|flow|flows)$/
const STATE =
  /^(?:\w{2,}(?:ed|ied)(?:-\w+)?|set|set-up|built|sent|written|done|met|taken|kept|put|shown|found|made|rebuilt|reset|overwritten|bound|held|given|ready|active|valid|invalid|available|accessible|reachable|unreachable|healthy|unhealthy|stable|unstable|normal|nominal|clean|green|complete|current|live|operational|functional|working|running|passing|responding|listening|serving|scraping|functioning|receiving|sending|flowing|firing|failing|collecting|reporting|processing|syncing|recording|present|correct|consistent|inconsistent|intact|secure|empty|positive|negative|up|down|ok|okay|fine|good|acceptable|appropriate|sufficient|adequate|low|successful|properly|correctly|successfully|in-place|up-to-date|identical|unchanged|open|closed|alive|online|offline|visible|unique|strong|compatible|idempotent|missing|unresponsive|unavailable|corrupt|slow|fast|quickly|enough|aware|familiar|on-call|writable|readable|executable|responsive|obsolete|reversible|restorable|recoverable|satisfactory|in-sync|behind|being)$/
const NO_STATE = /^(?:need|feed|speed|seed|embed|bed|red|shed|used|hundred|based|indeed|exceed|succeed|proceed)$/
/** Words that may follow a state: anything else makes it an adjective of a noun ("signed URLs"). */
const AFTER_STATE =
  /^(?:and|or|but|of|for|in|on|to|with|without|from|at|by|under|per|across|between|against|after|before|during|via|using|as|than|that|when|if|where|while|until|since|behind|into|over|through|within|outside|correctly|properly|successfully|securely|automatically|regularly|again|only|yet|everywhere|daily|hourly|weekly|not|no|is|are|now|both|so|accordingly|globally|working|enough|about|\w+ly|[<>≤≥=~&§(\d"“].*|.*[,:]$)$/

interface Found {
  /** Index of the first word of it. */
  at: number
  words: string
  /** The subject follows instead: "Changed default admin password". */
  front?: true
}

/** The predicate among the words of a clause, or null: a bare noun phrase. */
export function findPredicate(words: readonly string[]): Found | null {
  for (const [at, word] of words.entries()) {
    const bare = word.toLowerCase().replace(/[,.:;]+$/, '')
    const next = words[at + 1]?.toLowerCase()
    const ends = next === undefined || /[,:;]$/.test(word) || AFTER_STATE.test(next)
    // "Healthy", "can be restored": what it is said of stands in the label.
    if (at === 0 && next !== undefined && !AUXILIARY.test(bare) && !(STATE.test(bare) && AFTER_STATE.test(next)))
      continue
    if (at === 0 && ((!STATE.test(bare) && !AUXILIARY.test(bare)) || (ADJECTIVE.test(bare) && next !== undefined)))
      continue
    if (FINITE.test(bare)) return found(words, at)
    if (AMBIGUOUS.test(bare) && ends && /s$|^(?:all|§)/i.test(words[at - 1] ?? '')) return found(words, at)
    if (STATE.test(bare) && !NO_STATE.test(bare) && ends) return found(words, at)
    // "properly configured"
    if (bare.endsWith('ly') && at > 0 && isState(words, at + 1)) return found(words, at)
  }
  const first = words[0]?.toLowerCase() ?? ''
  // "Changed default admin password": the state stands in front.
  if (words.length > 1 && /^\w{3,}ed$/.test(first) && !NO_STATE.test(first) && !ADJECTIVE.test(first))
    return { at: 0, words: first, front: true }
  return null
}

function isState(words: readonly string[], at: number): boolean {
  const word = words[at]?.toLowerCase()
  const next = words[at + 1]?.toLowerCase()
  return (
    word !== undefined &&
    STATE.test(word.replace(/[,.:;]+$/, '')) &&
    (next === undefined || /[,:;]$/.test(word) || AFTER_STATE.test(next))
  )
}

/** States in front of a noun that only describe it: "Automated backups". */
const ADJECTIVE =
  /^(?:automated|scheduled|required|failed|unused|encrypted|distributed|managed|signed|expected|dedicated|shared|related|advanced|cached|replicated|protected|unauthorized|authorized|authenticated|affected|unhandled|detailed|centralized|hardcoded|hard-coded|orphaned|structured|uncommitted|untracked|unexpected|increased|delayed|degraded|corrupted|duplicated|needed|proposed|named|limited|nested|rate-limited|blocked|trusted|simplified|personalized)$/

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
  [/\b(set|backed|rolled|turned|locked|cleaned) (up|back|off|on|down)\b/gi, '$1-$2'],
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

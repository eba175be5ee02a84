// What is said of things: which of it can be seen by a machine, and of what kind the things are. Lists of regular expressions.
import { begins, last, whole } from './cluster.ts'

/** Things that can be seen to be so; whatever else is said, only a test or a person can tell. */
const SEEN_WORDS = whole`
  configured, set, set-up, established, occurred, observed, meets?, back, displaying, displays?, default,
  rehearsed, optimal, off, allows, fails?, unresolved, approaching, exceeding, growing, shipped, forwarded, shipping, cut, went, enabled, disabled, enforced, active, activated, running, up, healthy, works?,
  working, functional, functioning, operational, tested, verified, validated, checked, confirmed, passing,
  pass, passes, passed, green, clean, completed?, completes, successful(?:ly)?, succeeds?, succeeded,
  created, generated, installed, deployed, applied, in-place, available, accessible, reachable, connected,
  responding, responds?, answers?, returns?, returned, live, ready, stable, normal, low, acceptable, within,
  below, above, under, over, less, more, valid, correct(?:ly)?, consistent, intact, up-to-date, updated,
  rotated, stored, secured, encrypted, protected, masked, hashed, scheduled, automated, taken, monitored,
  tracked, collect\w+, flow\w*, scraping, exposed, emitted, visible, present, exists?, added, implemented,
  integrated, tuned, included, exported, pooled, processed, inserted, scanned, throttled, reloaded,
  collected, seeded, controlled, rejects?, shows?, appear\w*, attached, drained, traced, profiled, audit\w*,
  scaled, provisioned, registered, resolved?, fixed, addressed, found, detected, none, removed, cleared,
  cleaned, loaded, loads?, migrated, restored, replicated, imported, synced, sent, firing, fires?,
  trigger\w*, retained, maintained, improved, increas\w+, decreas\w+, changed, written, fetched, obtained,
  issued, renewed, expir\w+, propagated, points?, pushed, merged, tagged, bumped, built, published,
  requires?, required, restricted, limited, blocked, open, opened, closed, has, have, contains?, match\w*,
  used, uses, runs?, started?, starts, fresh, warm\w*, reset, archived, locked, compressed, minified,
  adequate, sufficient, appropriate, appropriately, proper(?:ly)?, intended, expected, good, better, fine,
  ok, empty, zero, no, not, executed, performed, done, finished, met, achieved, reviewed, defined, available,
  audited, covered, hardened, patched, processing, recording, receiving, captured, logged, reported, logging,
  instrumented, wired, linked, committed, signed, initialized, seeded, populated, indexed, handled, limits?,
  allowed, denied, rejected, isolated, separated?, distributed, balanced, purged, invalidated, cached,
  served, serving, routed, shifted, switched, drained, stopped, restarted, sanitized, failed, failing, down,
  unhealthy, exceeded, exceeds?, spikes?, lost, corrupt\w*, discovered, degraded, slow, crash\w*,
  unavailable, missing`

/** Said of a thing a machine knows, a machine can see it: a word above, a figure, a name in code. */
export const isSeen = (predicate: string): boolean =>
  SEEN_WORDS.test(predicate) || /[<>≤≥=\d§]/.test(predicate) || DONE.test(predicate)

/** Whatever was done to a thing that a machine knows has left its trace there; but not what was only done on paper. */
const DONE =
  /^(?:(?:is|are|was|were|has been|have been|all|now|fully|successfully) )*(?!need|design|purchas|expect|desir|discuss|prepar|calculat|analy|compar|draft|research|propos|present|schedul|publici|advertis|explain|mapp|gather|studi|learn)(?:[\w-]+ed|re\w*built|rewritten|frozen|unsealed)\b/

/** Functions of the team's own: whether they are right, only a test of the team's own can tell. */
export const PRODUCT = whole`
  users?, customers?, buyers?, sellers?, drivers?, features?, flows?, journeys?, forms?, buttons?, screens?,
  ui, modals?, dialogs?, checkout, payments?, orders?, bookings?, cart, search, filters?, uploads?, photos?,
  images?, videos?, notifications?, templates?, content, text, messages?, messaging, emails?, reports?,
  invoices?, chat\w*, profiles?, comments?, wizard, menu, navigation, kill switch, fallback, handling,
  validation, logic, workflows?, events?, academic, maintenance, support, tools`

/** Said of anything that a machine knows: it was looked at. */
export const LOOKED_AT = begins`verified\b, checked\b, confirmed\b, validated\b`

/** Names nothing by itself: what "checks" passed? */
export const UNNAMED =
  /^(?:checks?|validations?|steps?|items?|criteria|everything|requirements?|gates?|quality gates?|all)$/

/** "Works without an account": in what way it works, not whether it runs. */
export const SERVES =
  /^(?:still )?works? (?:without|for|as|with(?=\s(?:limited|partial|reduced|different|multiple|various|real|invalid|large|slow|all|only|no)\b))\s(?!(?:any |no )?(?:errors?|issues?|problems?|warnings?|https|tls|ssl|expected|intended)\b)/

/** A service runs, whatever it is for. */
export const CORE = whole`
  running, healthy, up, responding, responds?, reachable, deployed, started, online, listening`

/** Said of anything at all, a probe can tell. */
export const RUNS = begins`
  reachable, responding, responds?, answers?, responsive, running, up\b, installed, started, starts,
  pass(?:ing|es|ed)?\b, runs? (?:success|without|on|correctly|every), listening, online, connected, deployed, healthy,
  (?:fully |properly |correctly |securely )*(?:configured|enabled|disabled|provisioned|exported|attached|rolled-out),
  connects\b, redirects?\b, returns? (?:an? )?(?:http )?(?:status )?(?:code )?[1-5]\d\d\b,
  accessible(?:$| (?:at|via|from|on|over|through)\b)`

/** Nouns that only say in which form something is there. */
export const FORM = last`
  configurations?, configs?, settings?, setup, set-up, status, state, functionality, integrations?, systems?,
  services?, servers?, clusters?, instances?, checks?, verification, validation, infrastructure, features?,
  availability, implementation, integrity, updates?, connection, connectivity, access, count, tools?,
  issues?, problems?, changes?, testing, tests?, usage, execution, resolution, speed, growth, exhaustion,
  saturation, propagation, purge, invalidation, hashing, masking, statistics, behaviou?r, stats, dashboards?, capacity, fixes, trends?, rules?, records`

/** Clusters of which a review reads off a system; all else is reviewed by judgement. */
export const REVIEWED =
  /^(?:logs|dashboards|alerts|error rate|latency|memory|vulnerabilities|uptime|backup|disk|cache|login)/

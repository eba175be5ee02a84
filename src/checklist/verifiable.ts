// Who can tell whether an item is so: a machine, a person, an action to be done; or nobody knows yet.
import type { Item, Verifiable } from '../plan/plan.ts'

/** Judgement, people and papers: no probe answers for them. */
const PERSON =
  /\b(?:notif(?:y|ied)|inform(?:ed)?|announce[dm]?|communicat\w+|stakeholders?|briefed|briefing|team (?:ready|trained|aware|available|debrief)|trained|training|standby|on-?call|review(?:ed)?|approved?|approval|sign(?:ed)?[ -]?off|document(?:ed|ation)?|runbooks?|playbook|meeting|retrospective|lessons|feedback|escalation|customers?|support (?:team|tickets)|compliance|gdpr|legal|privacy|contacts?|communication channels?|confirmed with|plan (?:ready|reviewed|documented)|assess(?:ment)?|looks? good|acceptable|user-friendly|dashboards?|root cause|incident|post-?mortem)\b/i
/** Things a probe, a query or a command can look at. */
const MACHINE =
  /\b(?:health(?:y| ?checks?)?|respond(?:s|ing)|endpoints?|reachable|connectivity|connections?|tests? pass\w*|all tests|passing|build (?:succe\w+|passes)|compil\w+|lint|eslint|typescript|type-?check|vulnerabilit\w+|audit|disk|memory|cpu|latency|response times?|error rates?|throughput|uptime|queue|backlog|pods?|nodes? ready|containers?|replicas|services? (?:running|healthy|started)|running|database|redis|neo4j|postgres\w*|mysql|mongo\w*|sqlite|integrity|schema|migrations?|backup (?:created|verified|exists)|dns|ssl|tls|certificates?|https?|ports?|env(?:ironment)? variables?|node\.?js|version|git|branch|tag(?:ged)?|file permissions|logs?|prometheus|scrape|orphaned|duplicates?|(?:database|ssh|network) access|crash\w*|restarts?|headers?|cors|rate limit\w*)\b/i

/** Modest by intent: shape first, then words; `unknown` where they say nothing, or speak for both. */
export function verifiableBy(
  item: Pick<Item, 'kind' | 'text' | 'label' | 'thresholds' | 'blanks' | 'commands' | 'choices'>,
): Verifiable {
  if (item.kind === 'action') return 'action'
  if (item.kind === 'poll') return 'person'
  if (item.commands.length > 0) return 'machine'
  const bounds = [...item.thresholds, ...item.blanks.flatMap(({ target }) => target ?? [])]
  const person = PERSON.test(item.text)
  const machine = MACHINE.test(item.text)
  if (bounds.some(({ value }) => value !== null)) return person && !machine ? 'person' : 'machine'
  // "Within SLA": a bound nobody put a number to.
  if (bounds.length > 0 || person || item.kind === 'record') return 'person'
  return machine ? 'machine' : 'unknown'
}

// Which namespace the words of a checklist name.
import { isPlaceholder } from '../../words.ts'

const FLAG = /(?:--namespace[ =]|(?<=\s)-n )([\w-]+)/
const BEHIND = /\bnamespace:? +([a-z0-9][a-z0-9-]{0,62})(?![\w.])/
const BEFORE = /\b(?:in|of|on) (?:the )?([a-z0-9][a-z0-9-]{0,62}) namespace\b/
/** Words that stand beside "namespace" and name none. */
const PLAIN =
  /^(?:is|are|was|has|have|with|and|or|for|of|to|in|on|at|by|from|must|should|can|will|not|exists?|created|quotas?|limits?|configured|isolation|labels?|resources?|level|scoped?|the|a|an|each|every|all|own|its|this|that|any|no|same|new|right|correct|target|separate|dedicated|kubernetes|k8s|current|which|where|before|after|only|per|using|via|that)$/

/** The one that is named; null without one, `unclear` where a placeholder stands for it. */
export function namespaceIn(words: string): string | null | 'unclear' {
  const flagged = FLAG.exec(words)?.[1]
  const named =
    flagged ?? [BEHIND, BEFORE].map((pattern) => pattern.exec(words)?.[1]).find((name) => name && !PLAIN.test(name))
  if (named === undefined) return /(?:-n|--namespace)[ =][<[${]|\bnamespace:? +[<[${]/.test(words) ? 'unclear' : null
  return isPlaceholder(named) ? 'unclear' : named
}

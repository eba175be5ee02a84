// "If applicable", "(optional)", "if Redis is used": whether an item applies is a question for a person.

const CONDITION =
  /\(?\b((?:only )?(?:if|when|where|unless)\s+(?:applicable|needed|required|necessary|configured|used|enabled|available|present|supported|any|relevant|possible|using\b[^).,;:]*|[\w.-]+\s+(?:is\s+)?(?:configured|used|enabled|needed|required|changed|applicable)))\b\)?/i
const OPTIONAL = /\((optional(?:ly)?(?: but recommended)?)\)|^(optional)\b\s*:?/i
const LEADING = /^(if\s+[^:,]{3,60})[:,]\s/i

/** The condition an item's words state, as they state it, or null. */
export function readCondition(text: string): string | null {
  const match = CONDITION.exec(text) ?? OPTIONAL.exec(text) ?? LEADING.exec(text)
  return match ? (match[1] ?? match[2] ?? null) : null
}

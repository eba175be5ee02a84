// "If applicable", "(optional)", "only for major releases": whether an item applies is a question for a person.

/** In brackets almost any "if" is a condition. */
const BRACKETED =
  /[([]((?:only |required |needed |skip )?(?:if|when|where|unless)\b[^)\]]{2,80}|(?:only )?for [^)\]]{2,60} only|only (?:for|on|in|with)\b[^)\]]{2,60}|[^)\]([]{2,40} only|if any|n\/a (?:if|when|for)\b[^)\]]{2,80})[)\]]/i
const SAID =
  /\b((?:only )?(?:if|when|where|unless)\s+(?:applicable|needed|required|necessary|configured|used|enabled|available|present|supported|any|relevant|possible|using\b[^).,;:]{1,60}|[\w.-]+\s+(?:configured|used|enabled|needed|required|changed|applicable))|(?:only )?(?:if|unless)\s+(?:[\w.-]+\s+){1,3}(?:is|are)\s+(?:configured|used|enabled|needed|required|changed|applicable|present|affected|involved))\b/i
const ONLY =
  /\b((?:only )?for (?:[\w-]+ ){1,4}(?:releases?|customers?|users?|deployments?|environments?|clusters?|regions?|tenants?|versions?|builds?|migrations?|changes)\s+only|only (?:for|on|in|with) [\w-]+(?: [\w-]+){0,4})(?=\s*(?:[:.,;)]|$))/i
const NOT_APPLICABLE = /\b((?:n\/a|not applicable|skip(?: this)?) (?:if|when|for|unless)\b[^.;)]{2,80})/i
const OPTIONAL =
  /[([](optional(?:ly)?(?: but recommended)?|nice to have|if time permits|opcional|optionnel|可选|任意|необязательно)[)\]]|^(optional)\b\s*[:\-–—]?|[-–—:]\s*(optional)\s*$/i
const LEADING = /^((?:if|when using|for)\s+[^:,]{3,60})[:,]\s/i
const OTHER_TONGUES =
  /([（(](?:如果|若|如需|必要に応じて|該当する場合|해당 ?시|필요 ?시|se aplicável|si procede|si aplica|le cas échéant|falls zutreffend|если применимо)[^)）]{0,30}[)）])/u
/** Bounds and times in brackets are none: "(when > 5%)", "(for 5 minutes)". */
const MEASURED =
  /[<>≤≥%]|\b\d+\s*(?:ms|s|sec\w*|min\w*|hours?|days?)\b|\b(?:complete|finished|done|ready|passes|fails?|failed|down|exceed\w*|error\w*)\b/i

/** One of these is in every form; most items have none. */
const SIGN = /[([（]|\b(?:if|when|where|unless|only|optional|n\/a|applicable|skip)\b/i

/** The condition an item's words state, as they state it, or null. */
export function readCondition(text: string): string | null {
  if (!SIGN.test(text)) return null
  const bracketed = BRACKETED.exec(text)?.[1]
  if (bracketed !== undefined && !MEASURED.test(bracketed)) return bracketed.trim()
  const match = [NOT_APPLICABLE, SAID, OPTIONAL, ONLY, OTHER_TONGUES].map((form) => form.exec(text)).find(Boolean)
  if (match) return (match.slice(1).find(Boolean) ?? '').trim()
  const leading = LEADING.exec(text)?.[1]
  if (leading === undefined || /^for\b/i.test(leading)) return null
  return leading
}

/** The condition that a heading states for all that stands under it; a heading that asks for action states none. */
export function readHeadingCondition(title: string): string | null {
  if (!SIGN.test(title)) return null
  const bracketed = BRACKETED.exec(title)?.[1]
  if (bracketed !== undefined && !MEASURED.test(bracketed)) return bracketed.trim()
  const match = SAID.exec(title) ?? OPTIONAL.exec(title) ?? OTHER_TONGUES.exec(title)
  return match ? (match.slice(1).find(Boolean) ?? '').trim() : null
}

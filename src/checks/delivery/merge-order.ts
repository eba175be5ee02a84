// Which changes have to be merged before which, by what their descriptions say. Pure.

/** A pull request or merge request. */
export interface Change {
  /** `acme/shop#12` or `acme/shop!12`. */
  ref: string
  title: string
  /** Null: not merged. */
  mergedAtMs: number | null
  isDraft: boolean
  /** People who approved the newest state of it, the author left out. */
  approvals: number
  /** People who asked for changes and have not approved since. */
  changesRequested: number
  dependsOn: string[]
}

const BODY_CHARS_MAX = 65_536
const DEPENDENCIES_MAX = 50
const KEYWORD = /\b(?:depends\s+on|dependent\s+on|blocked\s+by|blocked\s+on|requires|merge\s+after)\b/i
const NEGATED = /\b(?:not|no longer|never|doesn't|isn't|nothing)\s+(?:\w+\s+)?$/i
const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s/

/**
 * References that a description names as what it depends on: "Depends on #12 and acme/lib#3", "Blocked by: " with a list below it,
 * addresses. What stands in comments, code and quotes says nothing. `sign` is `#` on GitHub and `!` on GitLab.
 */
export function dependenciesOf(body: string, repository: string, sign: '#' | '!'): string[] {
  const lines = body
    .slice(0, BODY_CHARS_MAX)
    .replaceAll(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replaceAll(/^ {0,3}(?:```|~~~)[\s\S]*?(?:^ {0,3}(?:```|~~~)|$(?![\s\S]))/gm, '')
    .replaceAll(/`[^`\n]*`/g, '')
    .split('\n')
    .filter((line) => !line.startsWith('>'))
  const found: string[] = []
  let isListed = false
  for (const line of lines) {
    const keyword = KEYWORD.exec(line)
    const isSaid = keyword !== null && !NEGATED.test(line.slice(0, keyword.index))
    const rest = keyword ? line.slice(keyword.index + keyword[0].length) : line
    if (isSaid) found.push(...referencesIn(rest, repository, sign))
    else if (isListed && LIST_ITEM.test(line)) found.push(...referencesIn(line, repository, sign))
    // "Depends on:" and nothing more: the list below it is meant.
    if (isSaid) isListed = /^[\s:*_]*$/.test(rest)
    else if (line.trim() !== '' && !LIST_ITEM.test(line)) isListed = false
  }
  return [...new Set(found)].slice(0, DEPENDENCIES_MAX)
}

function referencesIn(text: string, repository: string, sign: '#' | '!'): string[] {
  const kind = sign === '#' ? 'pull' : '-\\/merge_requests'
  const reference = new RegExp(
    `https?:\\/\\/[\\w.-]+\\/([\\w.-]+(?:\\/[\\w.-]+)+?)\\/${kind}\\/(\\d{1,9})|(?<![\\w/&])((?:[\\w.-]+(?:\\/[\\w.-]+)+)?)${sign}(\\d{1,9})\\b`,
    'g',
  )
  return [...text.matchAll(reference)].map(([, ofUrl, urlNumber, named, number]) =>
    ofUrl ? `${ofUrl}${sign}${urlNumber}` : `${named || repository}${sign}${number}`,
  )
}

export interface MergeOrder {
  /** Each after what it depends on; those of a cycle, and those that wait for one, are left out. */
  order: string[]
  /** Changes that wait for one another, in the order in which they do; null where there are none. */
  cycle: string[] | null
}

/** In which order changes can be merged. What they depend on and is not among them counts as there. */
export function mergeOrder(changes: readonly Change[]): MergeOrder {
  const byRef = new Map(changes.map((change) => [change.ref, change]))
  const waiting = new Map(
    changes.map(({ ref, dependsOn }) => [ref, new Set(dependsOn.filter((other) => byRef.has(other)))]),
  )
  const order: string[] = []
  for (;;) {
    const free = [...waiting].filter(([, others]) => others.size === 0).map(([ref]) => ref)
    if (free.length === 0) break
    order.push(...free)
    for (const ref of free) waiting.delete(ref)
    for (const others of waiting.values()) for (const ref of free) others.delete(ref)
  }
  return { order, cycle: waiting.size === 0 ? null : cycleIn(waiting) }
}

/** Every one of them waits for another of them: following that leads around. */
function cycleIn(waiting: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const path: string[] = []
  let [at] = waiting.keys()
  while (at !== undefined && !path.includes(at)) {
    path.push(at)
    ;[at] = waiting.get(at) ?? []
  }
  return at === undefined ? path : [...path.slice(path.indexOf(at)), at]
}

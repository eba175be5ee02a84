// What a Content-Security-Policy lets through that it is there to stop. Several policies hold together: what one forbids is forbidden.

/** Keywords that can be allowed by name. */
export const UNSAFE = ['unsafe-inline', 'unsafe-eval'] as const
export type Unsafe = (typeof UNSAFE)[number]

type Policy = ReadonlyMap<string, readonly string[]>

/** Complaints about the header's value, in words; none where it protects. */
export function policyComplaints(value: string, allowed: readonly Unsafe[], directives: readonly string[]): string[] {
  const policies = value
    .slice(0, 16_384)
    .split(',')
    .map(parsed)
    .filter((policy) => policy.size > 0)
  if (policies.length === 0) return ['Content-Security-Policy says nothing']
  const missing = directives.filter((name) => !policies.some((policy) => policy.has(name.toLowerCase())))
  return [
    ...missing.map((name) => `Content-Security-Policy has no ${name}`),
    // One policy that forbids it is enough.
    ...leastOf(policies.map((policy) => scriptComplaints(policy, allowed))),
    ...leastOf(policies.map((policy) => styleComplaints(policy, allowed))),
  ]
}

/** Whether some policy says by whom the page may be framed, and that not everybody may. */
export function restrictsFrames(value: string): boolean {
  return value.split(',').some((policy) => {
    const ancestors = parsed(policy).get('frame-ancestors')
    return ancestors !== undefined && !ancestors.some((source) => /^(?:\*|https?:)$/.test(source))
  })
}

function parsed(policy: string): Policy {
  const directives = new Map<string, readonly string[]>()
  for (const part of policy.split(';')) {
    const [name, ...sources] = part.trim().split(/\s+/)
    // Of a directive that stands twice the first counts.
    if (name && !directives.has(name.toLowerCase()))
      directives.set(
        name.toLowerCase(),
        sources.map((source) => source.toLowerCase()),
      )
  }
  return directives
}

function scriptComplaints(policy: Policy, allowed: readonly Unsafe[]): string[] {
  const name = policy.has('script-src') ? 'script-src' : 'default-src'
  const sources = policy.get(name)
  if (!sources) return ['Content-Security-Policy lets scripts come from anywhere (neither script-src nor default-src)']
  const isStrict = sources.includes("'strict-dynamic'")
  const wild = sources.filter((source) => /^(?:\*|https?:|data:)$/.test(source))
  return [
    ...(wild.length > 0 && !isStrict
      ? [`Content-Security-Policy lets scripts come from ${wild.join(', ')} in ${name}`]
      : []),
    ...unsafeIn(name, sources, allowed),
    ...(sources.includes("'unsafe-eval'") && !allowed.includes('unsafe-eval')
      ? [`Content-Security-Policy allows unsafe-eval in ${name}`]
      : []),
  ]
}

function styleComplaints(policy: Policy, allowed: readonly Unsafe[]): string[] {
  // What default-src says was said of scripts already, unless they have rules of their own.
  const name = policy.has('style-src') ? 'style-src' : 'default-src'
  if (name === 'default-src' && !policy.has('script-src')) return []
  return unsafeIn(name, policy.get(name) ?? [], allowed)
}

/** A nonce, a hash or strict-dynamic makes browsers ignore unsafe-inline. */
function unsafeIn(name: string, sources: readonly string[], allowed: readonly Unsafe[]): string[] {
  const isIgnored = sources.some((source) => /^'(?:nonce-|sha(?:256|384|512)-|strict-dynamic')/.test(source))
  return sources.includes("'unsafe-inline'") && !isIgnored && !allowed.includes('unsafe-inline')
    ? [`Content-Security-Policy allows unsafe-inline in ${name}`]
    : []
}

function leastOf(lists: readonly string[][]): string[] {
  return lists.toSorted((a, b) => a.length - b.length)[0] ?? []
}

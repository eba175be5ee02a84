// Whether the domains of e-mail addresses take mail, asked of a name server.
import { Resolver } from 'node:dns/promises'
import { codeOf, messageOf } from '../../../lib/errors.ts'

const NO_RECORD = new Set(['ENODATA', 'ENOTFOUND', 'ENONAME'])

export interface MailAnswer {
  domain: string
  /** Null: it takes mail. */
  problem: string | null
  /** The name server gave no answer: nothing is known. */
  isUnknown: boolean
}

/** One answer for each domain, one after the other. */
export async function askMailDomains(
  domains: readonly string[],
  options: { servers: readonly string[]; timeoutMs: number },
  signal: AbortSignal,
): Promise<MailAnswer[]> {
  const resolver = new Resolver({ timeout: options.timeoutMs, tries: 1 })
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    if (options.servers.length > 0) resolver.setServers(options.servers)
    const answers: MailAnswer[] = []
    for (const domain of domains) {
      if (signal.aborted) break
      answers.push(await ask(resolver, domain))
    }
    return answers
  } catch (error) {
    return domains.map((domain) => ({ domain, problem: messageOf(error), isUnknown: true }))
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function ask(resolver: Resolver, domain: string): Promise<MailAnswer> {
  try {
    const records = await resolver.resolveMx(domain)
    // RFC 7505: one record with an empty name says that no mail is taken.
    const takes = records.some(({ exchange }) => exchange !== '' && exchange !== '.')
    return { domain, problem: takes ? null : `${domain} says that it takes no mail`, isUnknown: false }
  } catch (error) {
    if (codeOf(error) === 'ENODATA') return askForAddress(resolver, domain)
    if (NO_RECORD.has(codeOf(error) ?? '')) return { domain, problem: `there is no domain ${domain}`, isUnknown: false }
    return { domain, problem: `no answer about ${domain} (${messageOf(error)})`, isUnknown: true }
  }
}

/** RFC 5321, 5.1: without MX records mail goes to the address of the domain itself. */
async function askForAddress(resolver: Resolver, domain: string): Promise<MailAnswer> {
  let lastError: unknown = null
  for (const type of ['A', 'AAAA'] as const) {
    try {
      if ((await resolver.resolve(domain, type)).length > 0) return { domain, problem: null, isUnknown: false }
    } catch (error) {
      if (!NO_RECORD.has(codeOf(error) ?? '')) lastError = error
    }
  }
  return lastError === null
    ? { domain, problem: `${domain} has neither a mail server nor an address`, isUnknown: false }
    : { domain, problem: `no answer about ${domain} (${messageOf(lastError)})`, isUnknown: true }
}

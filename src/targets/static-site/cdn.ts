// The cache in front of a site: emptied after a switch, and waited for.
import { poll, withDeadline } from '../../lib/deadline.ts'
import { codeOf, messageOf, OutsideError } from '../../lib/errors.ts'
import { httpRequest } from '../../lib/http-request.ts'
import { programLine, runProgram } from '../../lib/program.ts'
import { awsCredentials, toldByAws } from '../../lib/s3-client.ts'
import { quoteWord } from '../../lib/shell.ts'
import { CURL_AWS } from './bucket-shell.ts'
import type { CdnOptions } from './options.ts'

const ANSWER_MS = 30_000
const ANSWER_BYTES_MAX = 4096
const SHOWN_CHARS = 200
/** CloudFront takes seconds to minutes. */
const LOOK_EVERY_MS = 2000

/** What the emptying needs besides its options. */
export interface CdnContext {
  system: string
  env: Readonly<Record<string, string>>
  timeoutMs: number
  signal: AbortSignal
  /** What is new: makes the request its own. */
  version: string
}

/** @throws OutsideError when it is refused, or not done in time. */
export async function emptyCache(given: CdnOptions, context: CdnContext): Promise<void> {
  if ('cloudfront' in given) return invalidate(given, context)
  if ('purge' in given) return purge(given, context)
  const { system, env, timeoutMs, signal } = context
  const [file = '', ...args] = given.command
  await runProgram({ file, args }, { system, env, timeoutMs, signal })
}

type CloudFront = Extract<CdnOptions, { cloudfront: string }>
type Purge = Extract<CdnOptions, { purge: string }>

async function invalidate(given: CloudFront, { system, timeoutMs, signal, version }: CdnContext): Promise<void> {
  const name = `CloudFront distribution ${given.cloudfront}`
  const sdk = await import('@aws-sdk/client-cloudfront').catch((error: unknown) => {
    if (codeOf(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new OutsideError(system, `${name}: the CloudFront client is not installed`, {
      hint: 'npm install @aws-sdk/client-cloudfront, where gonogo is installed',
    })
  })
  await toldByAws({ system, name, what: 'invalidate it' }, signal, async () => {
    const client = new sdk.CloudFrontClient({
      region: 'us-east-1',
      endpoint: given.endpoint,
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 10_000, requestTimeout: ANSWER_MS },
      ...awsCredentials(given),
    })
    const abortSignal = withDeadline(timeoutMs, signal)
    try {
      const { Invalidation } = await client.send(
        new sdk.CreateInvalidationCommand({
          DistributionId: given.cloudfront,
          InvalidationBatch: {
            CallerReference: `gonogo-${version}-${Date.now()}`,
            Paths: { Quantity: given.paths.length, Items: given.paths },
          },
        }),
        { abortSignal },
      )
      const Id = Invalidation?.Id
      const isDone = async (): Promise<true | null> => {
        const command = new sdk.GetInvalidationCommand({ DistributionId: given.cloudfront, Id })
        const { Invalidation: now } = await client.send(command, { abortSignal })
        return now?.Status?.toLowerCase() === 'completed' ? true : null
      }
      if ((await poll(isDone, { everyMs: LOOK_EVERY_MS, timeoutMs, signal: abortSignal })) === null)
        throw new OutsideError(system, `${name}: its invalidation ${Id} is not completed`, { retryable: true })
    } finally {
      client.destroy()
    }
  })
}

async function purge(given: Purge, { system, env, signal }: CdnContext): Promise<void> {
  const secrets = Object.entries(given.secretHeaders).map(([header, variable]) => {
    const value = env[variable]
    if (value) return [header, value] as const
    throw new OutsideError(system, `environment variable ${variable} is not set`, {
      hint: `it is sent as ${header} to the CDN: export ${variable}=...`,
    })
  })
  const headers = { ...given.headers, ...Object.fromEntries(secrets) }
  for (const url of urlsOf(given)) {
    const answer = await httpRequest(
      {
        url,
        method: given.method as 'POST',
        headers,
        redirectsMax: 0,
        bytesMax: ANSWER_BYTES_MAX,
        beyond: 'cut',
        ...(given.body === undefined ? {} : { body: given.body }),
      },
      withDeadline(ANSWER_MS, signal),
    ).catch((error: unknown) => {
      throw new OutsideError(system, `cannot empty the cache: ${given.method} ${url}: ${messageOf(error)}`, {
        retryable: true,
        cause: error,
      })
    })
    if (answer.status < 200 || answer.status > 299)
      throw new OutsideError(
        system,
        `the cache is not emptied: ${given.method} ${url} answered ${answer.status}: ${answer.text.slice(0, SHOWN_CHARS)}`,
        { retryable: answer.status >= 500 || answer.status === 429 },
      )
  }
}

function urlsOf({ purge: url, paths }: Purge): string[] {
  return [...new Set(paths.map((path) => url.replaceAll('{path}', path.slice(1))))]
}

/** What it does, a command or sentence a line. */
export function cdnPlan(given: CdnOptions): string[] {
  if ('cloudfront' in given)
    return [`invalidate ${given.paths.join(', ')} of CloudFront distribution ${given.cloudfront}, and wait for it`]
  if ('purge' in given) return urlsOf(given).map((url) => `${given.method} ${url}`)
  const [file = '', ...args] = given.command
  return [programLine({ file, args })]
}

/** Lines of POSIX sh that do the same without waiting for it; secrets come from the environment. */
export function cdnShell(given: CdnOptions): string {
  if ('cloudfront' in given) {
    const items = given.paths.map((path) => `<Path>${escapeXml(path)}</Path>`).join('')
    const batch = `<InvalidationBatch xmlns=\\"http://cloudfront.amazonaws.com/doc/2020-05-31/\\"><Paths><Quantity>${given.paths.length}</Quantity><Items>${items}</Items></Paths><CallerReference>gonogo-rollback-%s</CallerReference></InvalidationBatch>`
    const url = `${given.endpoint.replace(/\/$/, '')}/2020-05-31/distribution/${encodeURIComponent(given.cloudfront)}/invalidation`
    return `${CURL_AWS}
{ signed us-east-1:cloudfront; printf ${quoteWord(`request = "POST"\\nheader = "content-type: application/xml"\\ndata-binary = "${batch.replaceAll('\\', '\\\\')}"\\nurl = "%s"\\n`)} "$(date +%s)-$$" ${quoteWord(url)}; } | curl --config - > /dev/null`
  }
  if ('purge' in given) {
    const variables = Object.entries(given.secretHeaders)
    return [
      `command -v curl > /dev/null 2>&1 || { printf '%s\\n' 'curl is not installed: install it, and run this again' >&2; exit 1; }`,
      ...variables.map(
        ([, variable]) =>
          `[ -n "\${${variable}-}" ] || { printf '%s\\n' ${quoteWord(`set ${variable}, which the CDN asks for, and run this again`)} >&2; exit 1; }`,
      ),
      ...urlsOf(given).map((url) => {
        const secret = variables
          .map(([header, variable]) => `printf 'header = "%s: %s"\\n' ${quoteWord(header)} "$${variable}"; `)
          .join('')
        const plain = Object.entries(given.headers)
          .map(([header, value]) => ` -H ${quoteWord(`${header}: ${value}`)}`)
          .join('')
        const body = given.body === undefined ? '' : ` --data-binary ${quoteWord(given.body)}`
        return `{ ${secret}:; } | curl --config - --silent --show-error --fail --max-time 30 --retry 2 -X ${given.method}${plain}${body} ${quoteWord(url)} > /dev/null`
      }),
    ].join('\n')
  }
  const [file = '', ...args] = given.command
  return `${[file, ...args].map(quoteWord).join(' ')} > /dev/null`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

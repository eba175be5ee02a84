// Whether Neo4j answers, which version it is, and whether a read-only query answers with the right number.
import { z } from 'zod'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type Recognise } from '../check.ts'
import { publicUrl, timeoutMs, url } from '../fields.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'
import { atLeastVersion, conclude, good, measured, unknown, within, type Finding } from './findings.ts'
import { readNeo4j, type LoadNeo4j, type Neo4jReading } from './neo4j-session.ts'

const LOCAL = 'bolt://127.0.0.1:7687'

const schema = z
  .strictObject({
    url: url('bolt', 'bolt+s', 'bolt+ssc', 'neo4j', 'neo4j+s', 'neo4j+ssc')
      .default(LOCAL)
      .describe('Bolt URL, with user and password where they are needed; a secret: write ${env:NEO4J_URL}'),
    database: z.string().min(1).optional().describe("which of the server's databases; default: its own default"),
    versionMin: z
      .string()
      .regex(/^\d+(?:\.\d+){0,3}$/, 'not a version like "5" or "5.26"')
      .optional()
      .describe('oldest version that is right, such as "5"'),
    query: z.string().min(1).optional().describe('Cypher that reads and answers with one row of one number'),
    min: z.number().optional().describe('smallest number that is right, itself included'),
    max: z.number().optional().describe('largest number that is right, itself included'),
    timeoutMs: timeoutMs(15_000).describe('how long each answer may take'),
  })
  .refine(
    (o) => (o.query === undefined) === (o.min === undefined && o.max === undefined),
    'a query goes with min or max',
  )

type Options = z.infer<typeof schema>

export const graphHealth = defineCheck({
  id: 'graph-health',
  summary: 'asks Neo4j for its version and judges the number that a read-only query answers',
  options: schema,
  example: { url: '${env:NEO4J_URL}', versionMin: '5', query: 'MATCH (n:Person) RETURN count(n)', min: 1 },
  failingExample: { url: 'bolt://127.0.0.1:1' },
  secretFields: ['url'],
  remedy: 'see that Neo4j runs there and takes Bolt connections, and run the query by hand in cypher-shell',
  needs: 'the npm package neo4j-driver',
  recognise,

  describe(options) {
    const { database, versionMin, query, min, max } = options
    const bounds = [min === undefined ? '' : `at least ${min}`, max === undefined ? '' : `at most ${max}`]
    const asked = query === undefined ? '' : `, ${query.replace(/\s+/g, ' ')}: ${bounds.filter(Boolean).join(' and ')}`
    const version = versionMin === undefined ? '' : `, version at least ${versionMin}`
    return `ask Neo4j at ${publicUrl(options.url)}${database === undefined ? '' : ` (${database})`}${version}${asked}`
  },

  run: (options, context) => look(context, () => askNeo4j(options, context.signal)),
})

/** Asks and judges, with the client library that `load` gives. */
export async function askNeo4j(options: Options, signal: AbortSignal, load?: LoadNeo4j): Promise<Outcome> {
  const place = publicUrl(options.url)
  try {
    const reading = await readNeo4j(options, signal, load)
    if (reading === null)
      return unverified('the Neo4j client is not installed', {
        remedy: 'npm install neo4j-driver, where gonogo is installed',
      })
    return judge(options, place, reading)
  } catch (error) {
    const words = `${place}: ${messageOf(error)}`
    const code = codeOf(error) ?? ''
    if (/Security|Unauthorized|AuthenticationRateLimit/.test(code))
      return unverified(words, { remedy: 'correct user and password in the url' })
    // What the server says of the question is not that it is not there.
    if (code.startsWith('Neo.')) return unverified(words, { remedy: 'correct the database or the query' })
    return failed(words, { remedy: 'see that Neo4j runs there and that this machine may reach it' })
  }
}

function judge(options: Options, place: string, { version, rows, problem }: Neo4jReading): Outcome {
  if (version === null) return unverified(`${place} does not say which version of Neo4j it is`)
  const findings: Finding[] = [
    good(`Neo4j ${version} answers`),
    ...atLeastVersion('Neo4j', version, options.versionMin),
  ]
  const [row, ...others] = rows ?? []
  const value = row?.length === 1 && others.length === 0 ? (row[0] ?? null) : null
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  if (problem !== null) findings.push(unknown(`the query was not answered: ${problem}`))
  else if (rows !== null && !isNumber) findings.push(unknown('the query does not answer with one row of one number'))
  else findings.push(...within('count', isNumber ? Number(value) : null, { min: options.min, max: options.max }))
  return conclude(place, findings, {
    measurements: measured('count', isNumber ? Number(value) : null, 'count'),
    ...(options.query === undefined
      ? {}
      : {
          evidence: [
            {
              name: 'query',
              mediaType: 'text/plain',
              content: `${options.query}\n\n${isNumber ? value : 'no number'}`,
            },
          ],
        }),
  })
}

/** A claim that Neo4j is there. */
function recognise(item: Parameters<Recognise>[0]): ReturnType<Recognise> {
  const sentence = sentenceOf(item)
  const claim = find(
    sentence,
    /\bneo4j\b(?: (?:service|server|database|instance|cluster))?(?:\s+(?:is|are))?\s+(?:connect(?:ed|ivity)|up\b|running|reachable|healthy|accessible|availab(?:le|ility)|online|operational|respond(?:s|ing))\b/i,
  )
  const otherwise =
    /\b(?:not|if|unless|fail\w*|alerts?|monitor\w*|stop\w*|restart\w*|staging|only from|backups?|install\w*|zone)\b/i
  if (!claim || otherwise.test(sentence)) return null
  const address = find(allWordsOf(item), /(?:bolt|neo4j)(?:\+s(?:sc)?)?:\/\/[^\s`"'<>)\]]+/i)
  if (address && (isPlaceholder(address) || !URL.canParse(address))) return null
  return address
    ? propose(SURE.named, { url: address }, [claim])
    : propose(SURE.assumed, { url: LOCAL }, [claim], `no address in the words: ${LOCAL} is assumed`)
}

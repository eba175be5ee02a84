// Which Node.js a program name on PATH stands for.
import { z } from 'zod'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { propose, sentenceOf, SURE } from '../words.ts'
import { isInRange, parseVersion, parseVersionRange } from '../../lib/version-range.ts'

const schema = z.strictObject({
  range: z
    .string()
    .refine((text) => parseVersionRange(text) !== null, 'not a version range; expected text like ">=18" or "18 || 20"')
    .describe('versions that are right, as ">=18", "18 || 20", "v18+ or v20+", "^20.1"'),
  program: z.string().min(1).default('node').describe('program to ask: a name on PATH or a path'),
  timeoutMs: timeoutMs(10_000).describe('how long to wait for its answer'),
})

const VERSION = String.raw`(?:(?:>=?|\^|~)\s*)?v?\d+(?:\.\d+){0,2}(?:\.x)?\+?(?![\w%]|\.\w)`
/** Node.js and the versions that directly follow the name. */
const MENTION = new RegExp(
  String.raw`\b(node(?:\.?js)?)\b(?:\s|:|\*|versions?\b)*(${VERSION}(?:\s*(?:\|\||\bor\b)\s*${VERSION})*)(\s+(?:or|and)\s+(?:newer|later|higher|above|up|greater)\b)?`,
  'i',
)

/** "18+", "v18+ or v20+". */
const ALL_UPWARDS = /^v?[\d.]+(?:x)?\+(?:\s*(?:\|\||or)\s*v?[\d.]+(?:x)?\+)*$/i

export const nodeVersion = defineCheck({
  id: 'node-version',
  summary: 'compares the installed Node.js with a version range',
  options: schema,
  example: { range: '>=18' },
  failingExample: { range: '<1' },
  secretFields: [],
  remedy: 'install the wanted version of Node, or run gonogo with it',

  recognise(item) {
    const sentence = sentenceOf(item).replaceAll('≥', '>=')
    const [words, name, said, newer] = MENTION.exec(sentence) ?? []
    if (
      !words ||
      !name ||
      !said ||
      /\b(?:upgrade|deprecat\w*|end of life|eol|image|alert\w*|if|cluster|pool)\b/i.test(sentence)
    )
      return null
    const least = /\b(?:minimum|at least|min)\b/i.test(sentence.slice(0, sentence.indexOf(words)))
    const upwards = newer !== undefined || (least && /^v?[\d.]+$/.test(said)) || ALL_UPWARDS.test(said)
    // "18+ or 20+" begins at the first.
    const range = upwards ? `>=${/\d+(?:\.\d+)*/.exec(said)?.[0]}` : said
    if (parseVersionRange(range) === null) return null
    // "Node 3" may be a machine; "Node.js 20", "Node v20" and "Node 20.x" are not.
    if (!/js/i.test(name) && /^\d+$/.test(range) && !/version/i.test(words)) return null
    return propose(SURE.named, { range }, [/≥/.test(sentenceOf(item)) ? name : words])
  },

  describe: (options) => `${options.program} --version is ${options.range}`,

  run: (options, context) =>
    look(context, async () => {
      const range = parseVersionRange(options.range)
      if (!range) return unverified(`"${options.range}" is not a version range`)
      const result = await context.exec(options.program, ['--version'], {
        timeoutMs: options.timeoutMs,
        signal: context.signal,
      })
      const remedy = `install Node.js ${options.range}`
      if (result.ended === 'not-started') return failed(`there is no program "${options.program}"`, { remedy })
      const version = parseVersion(result.stdout)
      if (result.ended !== 'exited' || !version)
        return unverified(
          `${options.program} --version told no version (${result.ended}, exit code ${result.exitCode ?? result.signal})`,
        )
      const found = version.join('.')
      return isInRange(version, range)
        ? passed(`Node.js ${found}, ${options.range} wanted`)
        : failed(`Node.js ${found}, but ${options.range} wanted`, { remedy })
    }),
})

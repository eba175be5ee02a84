// Whether secrets are long, random, no well-known defaults, all different and not in the repository. They are weighed and never shown.
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { gitIn, Untold } from './git.ts'
import { isKnownDefault, isPlaceholderValue } from './weak-value.ts'

const FILE_BYTES_MAX = 1 << 20
/** A shorter line than this would be found in any repository by chance. */
const SEARCHED_CHARS_MIN = 8
/** Shorter parts are alike by chance. */
const COPIED_CHARS_MIN = 4
/** More of a value adds nothing to what is wanted. */
const WEIGHED_CHARS_MAX = 2048

const schema = z.strictObject({
  variables: z.array(z.string().min(1)).min(1).max(50).describe('variables that hold secrets'),
  file: z.string().min(1).optional().describe('env file they stand in; left out, the environment the release runs in'),
  lengthMin: z.number().int().min(1).max(4096).default(32).describe('characters each must have, at least'),
  entropyBitsMin: z
    .number()
    .min(0)
    .max(32_768)
    .default(80)
    .describe('bits of disorder each must have, at least, as far as the text itself tells; 0 for no bound'),
  different: z.boolean().default(true).describe('whether each must be another than all the others'),
  notTracked: z
    .boolean()
    .default(true)
    .describe('whether the tracked files of the git repository must be searched for them, and hold none'),
  timeoutMs: timeoutMs(30_000).describe('how long each search of the repository may take'),
})

type Options = z.infer<typeof schema>

const NAME = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_?(?:SECRET|KEY|PASSWORD|TOKEN|SALT|PASSPHRASE)(?:_[A-Z0-9]+)*\b/g

export const strongSecret = defineCheck({
  id: 'strong-secret',
  summary: 'weighs secrets by length, disorder and well-known defaults, and searches the repository for them',
  options: schema,
  example: { variables: ['JWT_SECRET', 'SESSION_SECRET'], lengthMin: 32 },
  failingExample: { variables: ['GONOGO_EXAMPLE_THAT_NOBODY_SETS'] },
  secretFields: [],
  remedy:
    'make a new secret with `openssl rand -base64 48`, keep it out of the repository, and put it where the release runs',

  recognise(item) {
    const sentence = sentenceOf(item)
    const said = sentence.replace(/\b(?:not|no|non-?) ?(?:the )?(?:a )?default\w*/gi, ' ')
    if (/\b(?:if|not|never|rotat\w+|documented|vault|removed?|expos\w+|policy|policies)\b/i.test(said)) return null
    const names = [...new Set(sentence.match(NAME))]
    const claim = find(
      sentence,
      /\b(?:cryptographically (?:secure|strong|random)|strong(?:ly)?\b|(?:securely |randomly )generated|random(?: string| value)?\b|high[- ]entropy|production[- ]grade|(?:not|no|non-?) ?(?:the )?(?:a )?default\w*|(?:at least|min(?:imum)?\.?|>=?|≥) ?\d{2,3}[- ]?\+? ?(?:char\w*|bits?|bytes?)|\d{2,3}\+ (?:char\w*|bytes))/i,
    )
    if (names.length === 0 || !claim) return null
    const chars = /\b(\d{2,3})\+? ?(?:-)?char/i.exec(sentence)?.[1]
    const bits = /\b(\d{2,3})[- ]?bits?\b/i.exec(sentence)?.[1]
    const bounds = chars ? { lengthMin: Number(chars) } : bits ? { lengthMin: Math.ceil(Number(bits) / 8) } : {}
    return propose(SURE.said, { variables: names, ...bounds }, [...names, claim])
  },

  describe({ variables, file, lengthMin, entropyBitsMin, different, notTracked }) {
    const claims = [
      `at least ${lengthMin} characters`,
      entropyBitsMin > 0 ? `at least ${entropyBitsMin} bits of disorder` : '',
      'no known default',
      different && variables.length > 1 ? 'all different' : '',
      notTracked ? 'in no tracked file' : '',
    ]
    return `${variables.join(', ')} of ${file ?? 'the environment'}: ${claims.filter(Boolean).join(', ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      let values: Readonly<Record<string, string | undefined>> = context.env
      if (options.file !== undefined)
        try {
          values = parseEnv((await readBoundedFile(resolve(context.directory, options.file), FILE_BYTES_MAX)).text)
        } catch (error) {
          return codeOf(error) === 'ENOENT'
            ? failed(`there is no ${options.file}`)
            : unverified(`${options.file}: ${messageOf(error)}`, { remedy: 'see that this user may read it' })
        }
      return judge(options, values, context)
    }),
})

async function judge(
  options: Options,
  given: Readonly<Record<string, string | undefined>>,
  context: CheckContext,
): Promise<Outcome> {
  const variables = [...new Set(options.variables)]
  // Only what was set: every object has a "constructor".
  const values = Object.fromEntries(
    variables.map((name) => [name, Object.hasOwn(given, name) ? (given[name] ?? '') : '']),
  )
  const wrong = variables.flatMap((name) =>
    weaknesses(values[name] ?? '', options).map((reason) => `${name} ${reason}`),
  )
  if (options.different) wrong.push(...twins(variables, values))
  let untold: string | null = null
  if (options.notTracked)
    try {
      for (const name of variables) {
        const found = await trackedIn(values[name] ?? '', options, context)
        if (found.length > 0)
          wrong.push(`${name} stands in ${plural(found.length, 'tracked file')} (${found.slice(0, 3).join(', ')})`)
      }
    } catch (error) {
      if (!(error instanceof Untold)) throw error
      untold = error.message
    }
  const measurements = [{ name: 'secrets looked at', value: variables.length, unit: 'count' }]
  if (wrong.length > 0) return failed(wrong.join('; '), { measurements })
  const seen = `${plural(variables.length, 'secret is', 'secrets are')} long, random and no known default`
  if (untold !== null)
    return unverified(`${seen}; whether the repository holds one could not be found out: ${untold}`, {
      measurements,
      remedy: 'run this inside the git repository, or set notTracked: false',
    })
  return passed(options.notTracked ? `${seen}; no tracked file holds one` : seen, { measurements })
}

function weaknesses(value: string, { lengthMin, entropyBitsMin }: Options): string[] {
  if (value.trim() === '') return ['is not set']
  if (isPlaceholderValue(value)) return ['is still a placeholder']
  if (isKnownDefault(value)) return ['is a well-known default']
  const reasons: string[] = []
  if (value.length < lengthMin) reasons.push(`has ${plural(value.length, 'character')}, at least ${lengthMin} wanted`)
  const bits = disorderBits(value)
  if (bits < entropyBitsMin) reasons.push(`has about ${bits} bits of disorder, at least ${entropyBitsMin} wanted`)
  return reasons
}

/**
 * Bits of disorder that the text itself shows: Shannon's entropy of its characters times their number. What stood before ("password" for
 * the second time) counts as little as it takes to point there; steps of a row ("abcd", "4321", "aaaa") count for nothing.
 */
export function disorderBits(value: string): number {
  const chars = [...oneTurn(value)].filter((_, index, all) => {
    const step = (at: number): number => (all[at]?.codePointAt(0) ?? 0) - (all[at - 1]?.codePointAt(0) ?? 0)
    return index < 2 || Math.abs(step(index)) > 1 || step(index) !== step(index - 1)
  })
  const { fresh, copies } = withoutCopies(chars.slice(0, WEIGHED_CHARS_MAX).join(''))
  const counts = new Map<string, number>()
  for (const char of fresh) counts.set(char, (counts.get(char) ?? 0) + 1)
  const perChar = [...counts.values()].reduce((sum, n) => sum - (n / fresh.length) * Math.log2(n / fresh.length), 0)
  return Math.floor(perChar * fresh.length + copies * Math.log2(chars.length))
}

/** The characters that do not stand in a part that stood before, and how many such parts there are. */
function withoutCopies(text: string): { fresh: string[]; copies: number } {
  const fresh: string[] = []
  let copies = 0
  for (let at = 0; at < text.length;) {
    let length = 0
    const stoodBefore = (chars: number): boolean =>
      at + chars <= text.length && text.lastIndexOf(text.slice(at, at + chars), at - 1) !== -1
    if (at > 0)
      while (stoodBefore(Math.max(COPIED_CHARS_MIN, length + 1))) length = Math.max(COPIED_CHARS_MIN, length + 1)
    if (length > 0) copies++
    else fresh.push(text[at] as string)
    at += Math.max(1, length)
  }
  return { fresh, copies }
}

/** `abcabcab` is three letters said again and again: the least part that repeats, or all of it. */
function oneTurn(value: string): string {
  const border: number[] = [0]
  for (let at = 1, length = 0; at < value.length; at++) {
    while (length > 0 && value[at] !== value[length]) length = border[length - 1] ?? 0
    if (value[at] === value[length]) length++
    border.push(length)
  }
  const period = value.length - (border.at(-1) ?? 0)
  return period <= value.length / 2 ? value.slice(0, period) : value
}

function twins(variables: readonly string[], values: Readonly<Record<string, string>>): string[] {
  return variables.flatMap((name, index) => {
    const twin = variables.slice(0, index).find((other) => values[name] && values[other] === values[name])
    return twin ? [`${name} is the same as ${twin}`] : []
  })
}

/** Tracked files that hold the secret. It is given by stdin: arguments are open to everybody. @throws Untold */
async function trackedIn(value: string, options: Options, context: CheckContext): Promise<string[]> {
  const [line = ''] = value.split(/\r?\n/).toSorted((a, b) => b.length - a.length)
  if (line.length < SEARCHED_CHARS_MIN) return []
  const git = gitIn({ directory: '.', timeoutMs: options.timeoutMs }, context)
  const args = ['--text', '--fixed-strings', '--files-with-matches', '--full-name', '-z', '-f', '-', '--', ':/']
  return (await git.fed(`${line}\n`, 'grep', ...args))?.split('\0').filter(Boolean) ?? []
}

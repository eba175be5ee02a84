// Which version of a program is installed: whatever prints its version can be asked.
import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'
import { excerpt, lastLine } from '../../lib/excerpt.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { findVersion, isInRange, parseVersionRange } from '../../lib/version-range.ts'

/** Programs that do not know `--version`, or mean something else by it. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  java: ['-version'],
  javac: ['-version'],
  go: ['version'],
  openssl: ['version'],
  ssh: ['-V'],
  nginx: ['-v'],
  kubectl: ['version', '--client'],
  helm: ['version', '--short'],
  terraform: ['version'],
  unzip: ['-v'],
}

const schema = z.strictObject({
  program: z.string().min(1).describe('program to ask: a name on PATH or a path'),
  range: z
    .string()
    .refine((text) => parseVersionRange(text) !== null, 'not a version range; expected text like ">=3.10 <4"')
    .describe('versions that are right, as ">=3.10 <4", "18 || 20", "17+", "^2.39"'),
  args: z
    .array(z.string())
    .optional()
    .describe('arguments that make it print its version; --version, or what the program is known to want'),
  timeoutMs: timeoutMs(10_000).describe('how long to wait for its answer'),
})

type Options = z.infer<typeof schema>

/** Names in words, and the program that answers for them. Servers are not here: their client may be of another version. */
const NAMED: readonly [RegExp, string][] = [
  [/\bPython3?\b/, 'python3'],
  [/\b(?:Java|JDK|OpenJDK|JRE)\b/, 'java'],
  [/\bnpm\b/, 'npm'],
  [/\bpnpm\b/, 'pnpm'],
  [/\bYarn\b/i, 'yarn'],
  [/\bBun\b/, 'bun'],
  [/\bDeno\b/, 'deno'],
  [/\bGo(?:lang)?\b/, 'go'],
  [/\bRust\b|\brustc\b/, 'rustc'],
  [/\bRuby\b/, 'ruby'],
  [/\bPHP\b/, 'php'],
  [/\bGit\b(?!Hub|Lab)/, 'git'],
  [/\bkubectl\b/, 'kubectl'],
  [/\bHelm\b/, 'helm'],
  [/\bTerraform\b/, 'terraform'],
  [/\bAnsible\b/, 'ansible'],
  [/\bpsql\b/, 'psql'],
  [/\bDocker(?: Engine)?\b(?! ?(?:Compose|image|Hub))/i, 'docker'],
]
const VERSION = String.raw`(?:(?:>=?|≥)\s*)?v?\d+(?:\.\d+){0,2}(?:\.x)?\+?(?![\w%]|\.\w)`
const AFTER = new RegExp(
  String.raw`^(?:\s|:|\*|versions?\b)*(${VERSION})(\s+(?:or|and)\s+(?:newer|later|higher|above|up|greater)\b)?`,
  'i',
)

export const runtimeVersion = defineCheck({
  id: 'runtime-version',
  summary: 'compares the installed version of any program with a range',
  options: schema,
  example: { program: 'python3', range: '>=3.10 <4' },
  failingExample: { program: 'no-such-program-anywhere', range: '>=1' },
  secretFields: [],
  remedy: 'install a version of the program that is wanted, first on PATH',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:upgrade\w*|deprecat\w*|end of life|eol|images?|alerts?|if|cluster|install(?! ?ed)\b|bump|apt|tests?|ci|condition\w*|support\w*|compatib\w*)\b/i.test(
        sentence,
      )
    )
      return null
    const found = NAMED.flatMap(([name, program]) =>
      [...sentence.matchAll(new RegExp(name, `${name.flags}g`))].flatMap((match) => {
        const said = AFTER.exec(sentence.slice(match.index + match[0].length))
        const before = sentence.slice(0, match.index)
        return said?.[1]
          ? [{ program, quote: match[0] + said[0], version: said[1], newer: said[2] !== undefined, before }]
          : []
      }),
    )
    const [one, ...others] = found
    if (!one || others.length > 0) return null
    const claim = find(
      sentence,
      /\b(?:installed|available|present|version|versions|runtime|required?|minimum|at least)\b/i,
    )
    const figures = /\d+(?:\.\d+)*/.exec(one.version)?.[0]
    const upwards = one.newer || /[+>≥]/.test(one.version) || /\b(?:minimum|at least|min)\b/i.test(one.before)
    // "Python 3" alone says next to nothing, and "Go 2" may be a step.
    if (!claim && !upwards) return null
    return propose(SURE.said, { program: one.program, range: `${upwards ? '>=' : ''}${figures}` }, [
      one.quote.trim(),
      ...(claim ? [claim] : []),
    ])
  },

  describe: (options) => `${options.program} ${argumentsOf(options).join(' ')} tells ${options.range}`,

  run: (options, context) =>
    look(context, async () => {
      const range = parseVersionRange(options.range)
      if (!range) return unverified(`"${options.range}" is not a version range`)
      const args = argumentsOf(options)
      const result = await context.exec(options.program, args, {
        timeoutMs: options.timeoutMs,
        signal: context.signal,
        outputBytesMax: 65_536,
      })
      const remedy = `install ${options.program} ${options.range}`
      if (result.ended === 'not-started') return failed(`there is no program "${options.program}"`, { remedy })
      const asked = [options.program, ...args].join(' ')
      // Some print it to the second stream, as java does.
      const version =
        findVersion(stripVTControlCharacters(result.stdout)) ?? findVersion(stripVTControlCharacters(result.stderr))
      const evidence = [
        {
          name: 'output',
          mediaType: 'text/plain' as const,
          content: excerpt(`${result.stdout}${result.stderr}`, 2000),
        },
      ]
      if (result.ended !== 'exited') return unverified(`${asked} did not end: ${result.ended}`, { evidence })
      if (result.exitCode !== 0)
        return unverified(
          `${asked} told no version: exit code ${result.exitCode ?? result.signal}, ${lastLine(result.stderr) || 'no word'}`,
          { evidence },
        )
      if (!version)
        return unverified(`${asked} told no version`, {
          evidence,
          remedy: 'give the arguments that make it print its version, by args',
        })
      const found = `${options.program} ${version.join('.')}`
      return isInRange(version, range)
        ? passed(`${found}, ${options.range} wanted`, { evidence })
        : failed(`${found}, but ${options.range} wanted`, { evidence, remedy })
    }),
})

function argumentsOf({ program, args }: Options): readonly string[] {
  const name = program.split('/').at(-1) ?? program
  return args ?? (Object.hasOwn(ARGUMENTS, name) ? (ARGUMENTS[name] ?? []) : ['--version'])
}

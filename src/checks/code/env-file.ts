// Whether an env file, or the environment itself, holds everything its example file names. Values are compared and never shown.
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { isPlaceholderValue } from './weak-value.ts'

const FILE_BYTES_MAX = 1 << 20
const KEYS_MAX = 2000
const NAMED_MAX = 20

const schema = z.strictObject({
  file: z.string().min(1).optional().describe('env file to look at; left out, the environment the release runs in'),
  example: z.string().min(1).default('.env.example').describe('file that names the keys there must be'),
  optional: z
    .array(z.string().min(1))
    .default([])
    .describe('keys of the example that may be missing, empty or left as they are'),
  extra: z.boolean().default(true).describe('whether the env file may have keys that the example does not name'),
  modeMax: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'not a mode; expected three octal digits like "0600"')
    .default('0660')
    .describe('permission bits the env file may have at most; the default keeps others out'),
})

type Options = z.infer<typeof schema>
type Variables = Readonly<Record<string, string | undefined>>

/** Names whose values are worth stealing: the example's value, which everybody may read, must not be theirs. */
const SECRET_NAME = /SECRET|PASSWORD|PASSWD|TOKEN|PRIVATE|CREDENTIAL|API_?KEY/i

export const envFile = defineCheck({
  id: 'env-file',
  summary: 'compares an env file or the environment with its example file, without showing a value',
  options: schema,
  example: { file: '.env', example: '.env.example', optional: ['SENTRY_DSN'] },
  failingExample: { file: '.env', example: '.env.example' },
  secretFields: [],
  remedy: 'fill in the keys that are named, in the env file or in the environment of the release',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:if|not|never|copy|create|created?|commit\w*|updated?|removed?|document\w*|rotat\w+|generat\w+)\b/i.test(
        sentence,
      )
    )
      return null
    const claim = find(
      sentence,
      /\ball\b[^.]{0,40}\b(?:keys|variables|vars|values|entries)\b[^.]{0,30}\b(?:from|of|in|listed in|named in)\b[^.]{0,12}\.env[.-](?:example|sample|template|dist)\b[^.]{0,40}|\.env(?:\.[\w-]+)?\b[^.]{0,40}\b(?:matches|complete against|has (?:all|every)|compared (?:with|to|against))\b[^.]{0,40}\.env[.-](?:example|sample|template|dist)\b/i,
    )
    const example = /\.env[.-](?:example|sample|template|dist)\b/i.exec(claim ?? '')?.[0]
    if (!claim || !example) return null
    const files = item.code.filter(
      (span) => /^(?:[\w./-]*\/)?\.env(?:\.[\w-]+)?$/.test(span) && !span.endsWith(example),
    )
    const [file, ...others] = files.length > 0 ? files : /(?<![\w.])\.env(?![\w.-])/.test(sentence) ? ['.env'] : []
    if (others.length > 0) return null
    return propose(SURE.said, { ...(file ? { file } : {}), example }, [claim])
  },

  describe({ file, example, optional, extra }) {
    const but = optional.length > 0 ? `, ${optional.join(', ')} aside` : ''
    return `${file ?? 'the environment'} has a value of its own for every key of ${example}${but}${extra || !file ? '' : ', and no other'}`
  },

  run: (options, context) =>
    look(context, async () => {
      const given = await variablesOf(options.file, context.directory, context.env)
      if ('error' in given)
        return given.missing
          ? failed(`there is no ${options.file}`, { remedy: `make ${options.file} after ${options.example}` })
          : unverified(`${options.file}: ${given.error}`, { remedy: 'see that this user may read it' })
      const wanted = await variablesOf(options.example, context.directory, {})
      if ('error' in wanted)
        return unverified(`${options.example}: ${wanted.error}`, {
          remedy: 'name the file that lists the keys, as example',
        })
      const keys = Object.keys(wanted.variables)
      if (keys.length === 0) return unverified(`${options.example} names no key to look for`)
      if (keys.length > KEYS_MAX || Object.keys(given.variables).length > KEYS_MAX * 10)
        return unverified(`${options.example} or what is compared with it has too many keys to be an env file`)
      const wrong = complaints(options, given.variables, wanted.variables)
      if (given.mode !== null && (given.mode & ~Number.parseInt(options.modeMax, 8)) !== 0)
        wrong.push(`its mode is 0${given.mode.toString(8)}, at most ${options.modeMax} wanted`)
      const measurements = [{ name: 'keys', value: keys.length, unit: 'count' }]
      const where = options.file ?? 'the environment'
      return wrong.length > 0
        ? failed(`${where}: ${wrong.join('; ')}`, { measurements })
        : passed(
            `${where} has a value for each of the ${plural(keys.length, 'key')} of ${options.example}${options.optional.length > 0 ? ' that must be there' : ''}`,
            { measurements },
          )
    }),
})

async function variablesOf(
  file: string | undefined,
  directory: string,
  env: Variables,
): Promise<{ variables: Variables; mode: number | null } | { error: string; missing: boolean }> {
  if (file === undefined) return { variables: env, mode: null }
  try {
    const { text, stat } = await readBoundedFile(resolve(directory, file), FILE_BYTES_MAX)
    if (text.includes('\0')) return { error: 'is no text', missing: false }
    return { variables: parseEnv(text), mode: process.platform === 'win32' ? null : stat.mode & 0o777 }
  } catch (error) {
    return { error: messageOf(error), missing: codeOf(error) === 'ENOENT' }
  }
}

function complaints({ file, optional, extra }: Options, given: Variables, wanted: Variables): string[] {
  const keys = Object.keys(wanted).filter((key) => !optional.includes(key))
  const missing = keys.filter((key) => !Object.hasOwn(given, key))
  const empty = keys.filter((key) => Object.hasOwn(given, key) && given[key]?.trim() === '')
  const placeholders = keys.filter((key) => Object.hasOwn(given, key) && isPlaceholderValue(given[key] ?? ''))
  const known = keys.filter(
    (key) => SECRET_NAME.test(key) && given[key] && given[key] === wanted[key] && !placeholders.includes(key),
  )
  const others = file === undefined || extra ? [] : Object.keys(given).filter((key) => !Object.hasOwn(wanted, key))
  return [
    named('missing', missing),
    named('empty', empty),
    named('still a placeholder', placeholders),
    named('still the secret of the example', known),
    named('not in the example', others),
  ].filter((part) => part !== '')
}

function named(what: string, keys: readonly string[]): string {
  if (keys.length === 0) return ''
  const shown = keys.slice(0, NAMED_MAX).map((key) => key.slice(0, 100))
  return `${what}: ${shown.join(', ')}${keys.length > NAMED_MAX ? ` and ${keys.length - NAMED_MAX} more` : ''}`
}

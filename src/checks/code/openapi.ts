// Whether the description of an API is valid, and keeps the promises that an earlier one made.
import { resolve } from 'node:path'
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
import { breakingChanges } from './openapi/breaking.ts'
import { parseTree, Untellable, type Tree } from './openapi/document.ts'
import type { Break } from './openapi/schemas.ts'

const FILE_BYTES_MAX = 4 << 20
const SHOWN_MAX = 100

const schema = z
  .strictObject({
    file: z.string().min(1).describe('description of the API: OpenAPI 3.0, 3.1 or Swagger 2.0, as JSON or YAML'),
    valid: z.boolean().default(true).describe('whether it must be valid by the schema of its version'),
    base: z
      .string()
      .min(1)
      .optional()
      .describe('earlier description, as a file: nothing that it promises may be broken'),
    baseRef: z
      .string()
      .regex(/^[^-\s:][^\s:]*$/, 'not a git revision')
      .optional()
      .describe('git revision to take the earlier description from, as "v1.4.0" or "origin/main"'),
    allow: z
      .array(
        z
          .string()
          .regex(
            /^[a-z-]+(?: #\S*)?$/,
            'not a break; expected a rule, or a rule and a pointer: "path-removed #/paths/~1old"',
          ),
      )
      .default([])
      .describe('breaks that are meant: a rule, or a rule and the pointer (or its beginning) that it is reported with'),
    timeoutMs: timeoutMs(30_000).describe('how long git may take to give the earlier description'),
  })
  .refine((o) => o.base === undefined || o.baseRef === undefined, 'give base or baseRef, not both')
  .refine(
    (o) => o.valid || o.base !== undefined || o.baseRef !== undefined,
    'say what must hold: valid, base or baseRef',
  )

type Options = z.infer<typeof schema>

/** Loads the validator, or gives null where it is not installed. */
export type LoadValidator = () => Promise<Library | null>

const PACKAGE = '@seriousme/openapi-schema-validator'

export const openapi = defineCheck({
  id: 'openapi',
  summary: 'validates the description of an API and looks for breaking changes against an earlier one',
  options: schema,
  example: { file: 'api/openapi.yaml', baseRef: 'v1.4.0', allow: ['path-removed #/paths/~1beta'] },
  failingExample: { file: 'no-such-openapi.yaml' },
  secretFields: [],
  remedy: 'correct the description, bring back what callers rely on, or allow the break by name where it is meant',
  needs: `the npm package ${PACKAGE}`,

  recognise(item) {
    const sentence = sentenceOf(item)
    if (/\b(?:if|published|updated?|documented|generated?|hosted|accessible|served|reviewed)\b/i.test(sentence))
      return null
    const claim = find(
      sentence,
      /\b(?:OpenAPI|Swagger)\b[^\n]{0,60}?\b(?:valid(?:ates?|ated)?|no breaking changes?|backwards?[- ]compatible|lints?)\b|\bno breaking (?:API )?changes?\b[^\n]{0,60}?\b(?:OpenAPI|Swagger)\b/i,
    )
    const files = [
      ...new Set(
        [...item.code, sentence].flatMap((words) => words.match(/(?<![\w/:.-])[\w./-]+\.(?:ya?ml|json)\b/g) ?? []),
      ),
    ]
    const [file, ...others] = files
    if (!claim || !file || others.length > 0) return null
    const since = /\b(?:since|against|compared (?:to|with))\s+`?(v\d+(?:\.\d+){1,2}|origin\/[\w.-]+)\b/i.exec(
      sentence,
    )?.[1]
    if (/breaking|compatible/i.test(claim) && !since) return null
    return propose(SURE.said, { file, ...(since ? { baseRef: since } : {}) }, [claim, file])
  },

  describe({ file, valid, base, baseRef }) {
    const claims = [
      valid ? 'valid' : '',
      base ? `no breaking change against ${base}` : '',
      baseRef ? `no breaking change against ${baseRef}` : '',
    ]
    return `${file}: ${claims.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => judgeApi(options, context, loadValidator)),
})

/** Reads, validates and compares, with the validator that `load` gives. */
export async function judgeApi(options: Options, context: CheckContext, load: LoadValidator): Promise<Outcome> {
  const text = await textOf(options.file, context)
  if (typeof text !== 'string')
    return text.missing
      ? failed(`there is no ${options.file}`)
      : unverified(`${options.file}: ${text.error}`, { remedy: 'see that this user may read it' })
  try {
    const document = await treeOf(text)
    if (typeof document === 'string') return failed(`${options.file} ${document}`)
    const invalid = options.valid ? await validate(document, load) : null
    if (invalid && 'wrong' in invalid) return failed(`${options.file} is not valid: ${invalid.wrong}`)
    const broken = await breaks(options, document, context)
    if (broken && broken.length > 0) return reportBreaks(options, broken)
    if (invalid)
      return unverified(`${options.file} could not be validated: ${invalid.untold}`, { remedy: invalid.remedy })
    const claims = [
      options.valid ? 'is valid' : '',
      broken ? `breaks nothing that ${options.base ?? options.baseRef} promised` : '',
    ]
    return passed(`${options.file} ${claims.filter(Boolean).join(' and ')}`)
  } catch (error) {
    if (error instanceof Untold)
      return unverified(error.message, { remedy: 'name a revision that has the file, in a git repository' })
    if (error instanceof Untellable)
      return unverified(`${options.file} cannot be judged: ${error.message}`, {
        remedy: 'bundle the description into one file without circles of references',
      })
    // A tree that is nested without end.
    if (error instanceof RangeError) return unverified(`${options.file} is nested too deep to be judged`)
    throw error
  }
}

async function textOf(file: string, context: CheckContext): Promise<string | { error: string; missing: boolean }> {
  try {
    return (await readBoundedFile(resolve(context.directory, file), FILE_BYTES_MAX)).text
  } catch (error) {
    return { error: messageOf(error), missing: codeOf(error) === 'ENOENT' }
  }
}

/** The tree, or what is wrong with the text. */
async function treeOf(text: string): Promise<Tree | string> {
  try {
    return await parseTree(text)
  } catch (error) {
    if (error instanceof Untellable) return error.message
    throw error
  }
}

async function validate(
  document: Tree,
  load: LoadValidator,
): Promise<{ wrong: string } | { untold: string; remedy: string } | null> {
  const library = await load()
  if (!library)
    return {
      untold: `the package ${PACKAGE} is not installed`,
      remedy: `npm install ${PACKAGE}, where gonogo is installed`,
    }
  // It writes its own notes into what it is given.
  const { valid, errors } = await validatorOf(library).validate(structuredClone(document))
  if (valid) return null
  if (typeof errors === 'string') {
    if (/only internal refs/.test(errors)) throw new Untellable(errors)
    return { wrong: errors }
  }
  // The last error is the outermost: the first is the one that names the place.
  const [first] = errors ?? []
  return {
    wrong: `${first?.instancePath || '#'} ${first?.message ?? 'does not match the schema'}${(errors?.length ?? 0) > 1 ? `, and ${plural((errors?.length ?? 1) - 1, 'more error')}` : ''}`,
  }
}

type Library = typeof import('@seriousme/openapi-schema-validator')

/** One for all descriptions: it compiles the schema of each version once. */
const validators = new WeakMap<Library, InstanceType<Library['Validator']>>()

function validatorOf(library: Library): InstanceType<Library['Validator']> {
  const known = validators.get(library) ?? new library.Validator()
  validators.set(library, known)
  return known
}

/** Breaks that are not allowed; null where there is nothing to compare with. */
async function breaks(options: Options, document: Tree, context: CheckContext): Promise<Break[] | null> {
  const text = await baseOf(options, context)
  if (text === null) return null
  const base = await parseTree(text)
  if (base['paths'] === undefined) throw new Untellable('what it is compared with describes no paths')
  return breakingChanges(base, document).filter(
    ({ rule, at }) =>
      !options.allow.some((entry) => {
        const [name, place] = entry.split(' ')
        return name === rule && (place === undefined || at === place || at.startsWith(`${place}/`))
      }),
  )
}

async function baseOf(
  { file, base, baseRef, timeoutMs: gitTimeoutMs }: Options,
  context: CheckContext,
): Promise<string | null> {
  if (baseRef !== undefined)
    return gitIn({ directory: '.', timeoutMs: gitTimeoutMs }, context).text(
      'show',
      '--no-textconv',
      `${baseRef}:./${file}`,
    )
  if (base === undefined) return null
  const text = await textOf(base, context)
  if (typeof text !== 'string') throw new Untellable(`${base}, which it is compared with: ${text.error}`)
  return text
}

function reportBreaks({ file, base, baseRef }: Options, broken: readonly Break[]): Outcome {
  const lines = broken.slice(0, SHOWN_MAX).map(({ rule, at }) => `${rule} ${at.slice(0, 500)}`)
  if (broken.length > SHOWN_MAX) lines.push(`and ${broken.length - SHOWN_MAX} more`)
  const first = lines.slice(0, 3).join(', ')
  return failed(
    `${file} breaks ${plural(broken.length, 'promise')} of ${base ?? baseRef}: ${first}${broken.length > 3 ? ', ...' : ''}`,
    {
      measurements: [{ name: 'breaking changes', value: broken.length, unit: 'count' }],
      evidence: [{ name: 'breaking changes', mediaType: 'text/plain', content: lines.join('\n') }],
    },
  )
}

async function loadValidator(): ReturnType<LoadValidator> {
  try {
    return await import('@seriousme/openapi-schema-validator')
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

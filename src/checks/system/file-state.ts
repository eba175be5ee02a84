// Whether a file is there or gone, how old and how big it is, and what it holds.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { readBoundedFile } from '../../lib/bounded-file.ts'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { formatSize } from '../../lib/size.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { oneOrMore, listOf, sizeBytes } from '../fields.ts'
import { look } from '../look.ts'
import { find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'

const TEXT_BYTES_MAX = 16 << 20

const schema = z
  .strictObject({
    path: z.string().min(1).describe('file or directory to look at'),
    exists: z.boolean().default(true).describe('whether it must be there; false: it must not'),
    ageMax: durationOption.optional().describe('how long ago it may have been changed at most, as "24 h"'),
    ageMin: durationOption.optional().describe('how long ago it must have been changed at least'),
    sizeBytesMin: sizeBytes.optional().describe('size, at least: bytes or "1 kB"'),
    sizeBytesMax: sizeBytes.optional().describe('size, at most: bytes or "10 GB"'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'not a SHA-256; expected 64 hexadecimal digits')
      .optional()
      .describe('SHA-256 its content must have'),
    contains: oneOrMore(z.string().min(1))
      .optional()
      .describe('text, or list of texts, that must stand in it; treated as a secret'),
    lacks: oneOrMore(z.string().min(1))
      .optional()
      .describe('text, or list of texts, that must not stand in it; treated as a secret'),
  })
  .refine(
    (o) =>
      o.exists ||
      Object.keys(o).every((key) => key === 'path' || key === 'exists' || o[key as keyof typeof o] === undefined),
    'of what must not be there nothing else can be asked',
  )

type Options = z.infer<typeof schema>

/** A path with a directory, or a file name with an ending; no address, no endpoint. */
const PATH = /^(?!.*\/\/)(?!\/(?:api|health|ready|live|metrics|status|v\d)\b)(?:~?\.{0,2}\/)?[\w.@-]+(?:\/[\w.@-]+)*$/

export const fileState = defineCheck({
  id: 'file-state',
  summary: 'looks whether a file is there or gone, its age, size, checksum and content',
  options: schema,
  example: { path: 'dist/app.tar.gz', ageMax: '24 h', sizeBytesMin: '1 MB' },
  failingExample: { path: 'no-such-file' },
  secretFields: ['contains', 'lacks'],
  remedy: 'make the file what it ought to be, or correct the path',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:if|unless|permissions?|chmod|writable|readable|executable|should)\b/i.test(sentence) ||
      item.commands.length > 0
    )
      return null
    const [path, ...others] = item.code
      .map((span) => span.trim())
      .filter((span) => PATH.test(span) && /[./]/.test(span) && !isPlaceholder(span))
    if (!path || others.length > 0 || item.code.length > 1) return null
    const gone = find(
      sentence,
      /\b(?:does not exist|has been removed|(?:is |was )?removed|(?:is |was )?deleted|is gone|(?:is )?absent)$/i,
    )
    if (gone) return propose(SURE.likely, { path, exists: false }, [path, gone])
    const age = item.thresholds.find(
      ({ unit, operator, value, relativeTo }) =>
        unit === 'ms' && operator.startsWith('<') && value !== null && relativeTo === null,
    )
    const young = find(sentence, /\b(?:updated|modified|changed|written|newer|younger|less than)\b/i)
    if (age?.value && young) return propose(SURE.said, { path, ageMax: age.value }, [path, young, age.text])
    const filled = find(sentence, /\bexists? and (?:is )?(?:not|non-?) ?empty\b/i)
    return filled ? propose(SURE.said, { path, sizeBytesMin: 1 }, [path, filled]) : null
  },

  describe: (options) => `${options.path}: ${claimsOf(options).join(', ')}`,

  run: (options, context) =>
    look(context, async () => {
      const path = resolve(context.directory, options.path)
      let found: Awaited<ReturnType<typeof stat>>
      try {
        found = await stat(path)
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR')
          return unverified(`${options.path}: ${messageOf(error)}`, {
            remedy: 'run gonogo as a user who may look there',
          })
        return options.exists ? failed(`there is no ${options.path}`) : passed(`there is no ${options.path}`)
      }
      if (!options.exists)
        return failed(`${options.path} is there`, { remedy: 'remove it, or find out who made it again' })
      const size = found.isFile() ? found.size : null
      const ageMs = Date.now() - found.mtimeMs
      const measurements = [
        { name: 'age', value: Math.round(ageMs / 1000), unit: 's' },
        ...(size === null ? [] : [{ name: 'size', value: size, unit: 'bytes' }]),
      ]
      const sized = options.sizeBytesMin !== undefined || options.sizeBytesMax !== undefined
      if (sized && size === null) return unverified(`${options.path} is no file that has a size`)
      const wrong = wrongFigures(options, ageMs, size)
      try {
        wrong.push(...(await wrongContent(options, path, context)))
      } catch (error) {
        return unverified(`${options.path}: ${messageOf(error)}`, {
          measurements,
          remedy: 'see that it is a file of reasonable size that this user may read',
        })
      }
      const seen = `${options.path}: ${size === null ? '' : `${formatSize(size)}, `}changed ${agoOf(ageMs)}`
      return wrong.length > 0
        ? failed(`${options.path}: ${wrong.join('; ')}`, { measurements })
        : passed(seen, { measurements })
    }),
})

function agoOf(ageMs: number): string {
  return ageMs < 0 ? `${formatDuration(-ageMs)} in the future` : `${formatDuration(ageMs)} ago`
}

function wrongFigures(
  { ageMax, ageMin, sizeBytesMin, sizeBytesMax }: Options,
  ageMs: number,
  size: number | null,
): string[] {
  const wrong: string[] = []
  // A time to come is a clock that is wrong, not a young file. A second is what file systems round to.
  const isFuture = ageMs < -2000
  if (ageMax !== undefined && (ageMs > ageMax || isFuture))
    wrong.push(`changed ${agoOf(ageMs)}, at most ${formatDuration(ageMax)} wanted`)
  if (ageMin !== undefined && ageMs < ageMin)
    wrong.push(`changed ${agoOf(ageMs)}, at least ${formatDuration(ageMin)} wanted`)
  if (size !== null && sizeBytesMin !== undefined && size < sizeBytesMin)
    wrong.push(`${formatSize(size)}, at least ${formatSize(sizeBytesMin)} wanted`)
  if (size !== null && sizeBytesMax !== undefined && size > sizeBytesMax)
    wrong.push(`${formatSize(size)}, at most ${formatSize(sizeBytesMax)} wanted`)
  return wrong
}

/** What is looked for is not said: it may be what must not be known. @throws where it cannot be read */
async function wrongContent(
  { sha256, contains, lacks }: Options,
  path: string,
  { signal }: CheckContext,
): Promise<string[]> {
  const wrong: string[] = []
  if (sha256 !== undefined) {
    const hash = createHash('sha256')
    if (!(await stat(path)).isFile()) throw new Error('is no regular file')
    for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer)
    const digest = hash.digest('hex')
    if (digest !== sha256.toLowerCase())
      wrong.push(`its SHA-256 is ${digest.slice(0, 12)}..., ${sha256.slice(0, 12).toLowerCase()}... wanted`)
  }
  if (contains === undefined && lacks === undefined) return wrong
  const { text } = await readBoundedFile(path, TEXT_BYTES_MAX)
  for (const [index, wanted] of listOf(contains ?? []).entries())
    if (!text.includes(wanted)) wrong.push(`text ${index + 1} of contains is not in it`)
  for (const [index, unwanted] of listOf(lacks ?? []).entries())
    if (text.includes(unwanted)) wrong.push(`text ${index + 1} of lacks is in it`)
  return wrong
}

function claimsOf(options: Options): string[] {
  const { exists, ageMax, ageMin, sizeBytesMin, sizeBytesMax, sha256, contains, lacks } = options
  return [
    exists ? 'is there' : 'is not there',
    ageMax === undefined ? '' : `changed at most ${formatDuration(ageMax)} ago`,
    ageMin === undefined ? '' : `changed at least ${formatDuration(ageMin)} ago`,
    sizeBytesMin === undefined ? '' : `at least ${formatSize(sizeBytesMin)}`,
    sizeBytesMax === undefined ? '' : `at most ${formatSize(sizeBytesMax)}`,
    sha256 === undefined ? '' : `SHA-256 ${sha256.slice(0, 12)}...`,
    contains === undefined ? '' : 'holds the wanted text',
    lacks === undefined ? '' : 'does not hold the unwanted text',
  ].filter(Boolean)
}

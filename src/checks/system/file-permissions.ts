// What this user may do with files, and that nobody may do more than a mode allows.
import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore } from '../fields.ts'
import { look } from '../look.ts'
import { find, isPlaceholder, propose, sentenceOf, SURE } from '../words.ts'

const schema = z
  .strictObject({
    path: oneOrMore(z.string().min(1)).describe('file or directory, or a list of them'),
    readable: z.boolean().default(false).describe('whether this user must be able to read it'),
    writable: z.boolean().default(false).describe('whether this user must be able to write it'),
    executable: z.boolean().default(false).describe('whether this user must be able to execute or enter it'),
    modeMax: z
      .string()
      .regex(/^0?[0-7]{3}$/, 'not a mode; expected three octal digits like "0640"')
      .optional()
      .describe('permission bits it may have at most, as "0640"; a bit beyond is wrong'),
  })
  .refine(
    (o) => o.readable || o.writable || o.executable || o.modeMax !== undefined,
    'say what must hold: readable, writable, executable or modeMax',
  )

type Options = z.infer<typeof schema>
/** A relative or absolute path of at least one slash or dot, and no address. */
const PATH = /^(?=[^\s]*[./])(?!\/(?:api|health|ready|live|metrics|status)\b)(?:~|\.{0,2})?\/?[\w.-]+(?:\/[\w.-]+)*\/?$/

type Claim = 'readable' | 'writable' | 'executable'

const ACCESS: Record<Claim, number> = {
  readable: constants.R_OK,
  writable: constants.W_OK,
  executable: constants.X_OK,
}

export const filePermissions = defineCheck({
  id: 'file-permissions',
  summary: 'looks whether files can be read, written or executed, and by no more people than wanted',
  options: schema,
  example: { path: ['data', 'backups'], readable: true, writable: true },
  failingExample: { path: 'no-such-file', readable: true },
  secretFields: [],
  remedy: 'correct owner and mode with chown and chmod',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (
      /\b(?:not|never|un|no longer|if)\s*(?:readable|writ|executable|world|public|in\b|exist|commit)|\bnot\b/i.test(
        sentence,
      )
    )
      return null
    const [, ofCommand, changed] =
      /^(?:sudo )?chmod\s+0?([0-7]{3})\s+([\w./~-]+)$/.exec(
        item.code.find((span) => /^(?:sudo )?chmod /.test(span)) ?? '',
      ) ?? []
    if (ofCommand && changed && !isPlaceholder(changed))
      return propose(SURE.said, { path: changed, modeMax: `0${ofCommand}` }, [changed, ofCommand])
    const [path, ...others] = item.code.filter((span) => PATH.test(span.trim()))
    if (!path || others.length > 0 || isPlaceholder(path)) return null
    const mode = /\b(?:permissions?|mode|chmod)\b[^\d]{0,60}\b0?([0-7]{3})\b|\b0?([0-7]{3}) permissions\b/i.exec(
      sentence,
    )
    const bits = mode?.[1] ?? mode?.[2]
    if (mode && bits) return propose(SURE.said, { path, modeMax: `0${bits}` }, [path, mode[0]])
    const ability = find(sentence, /\b(?:readable|writ(?:e?)able|executable)\b/i)
    if (ability)
      return propose(SURE.said, { path, [ability.toLowerCase().replace('writeable', 'writable')]: true }, [
        path,
        ability,
      ])
    const there = find(sentence, /\b(?:exists?|(?:is )?present|in place)$/i)
    return there ? propose(SURE.likely, { path, readable: true }, [path, there]) : null
  },

  describe: (options) => `${listOf(options.path).join(', ')}: ${wanted(options)}`,

  run: (options, context) =>
    look(context, async () => {
      const wrong: string[] = []
      for (const path of listOf(options.path)) {
        try {
          wrong.push(...(await complaints(path, resolve(context.directory, path), options)))
        } catch (error) {
          return unverified(messageOf(error), { remedy: 'run gonogo as a user who may look there' })
        }
      }
      return wrong.length > 0
        ? failed(wrong.join('; '), { remedy: 'correct owner or mode with chown or chmod' })
        : passed(`${listOf(options.path).join(', ')}: ${wanted(options)}`)
    }),
})

/** @throws the system's error where the file cannot even be looked at. */
async function complaints(name: string, path: string, options: Options): Promise<string[]> {
  const wrong: string[] = []
  for (const claim of ['readable', 'writable', 'executable'] as const) {
    if (!options[claim]) continue
    try {
      await access(path, ACCESS[claim])
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [`${name} does not exist`]
      wrong.push(`${name} is not ${claim}`)
    }
  }
  if (options.modeMax === undefined) return wrong
  const mode = await modeOf(path)
  if (mode === null) return [`${name} does not exist`]
  const surplus = mode & ~Number.parseInt(options.modeMax, 8)
  return surplus === 0 ? wrong : [...wrong, `${name} has mode ${octal(mode)}, at most ${options.modeMax} wanted`]
}

async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o777
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

function wanted(options: Options): string {
  const claims: string[] = (['readable', 'writable', 'executable'] as const).filter((claim) => options[claim])
  if (options.modeMax !== undefined) claims.push(`mode at most ${options.modeMax}`)
  return claims.join(', ')
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

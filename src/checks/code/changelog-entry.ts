// The changelog says something about the version that is released.
import { resolve } from 'node:path'
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { gitIn, Untold } from './git.ts'
import { headingsOf, linesOf, type Heading } from './markdown-headings.ts'
import { readReport, Unreadable } from './report-file.ts'

const schema = z.strictObject({
  directory: z.string().default('.').describe('directory of the project'),
  file: z.string().min(1).default('CHANGELOG.md').describe('the changelog, in Markdown'),
  version: z.string().min(1).max(100).optional().describe('version that is released; without it versionFrom tells'),
  versionFrom: z
    .string()
    .min(1)
    .default('package.json')
    .describe(
      'file that names the version (JSON or TOML: package.json, Cargo.toml, ...), or "tag" for the latest git tag',
    ),
  dated: z.boolean().default(false).describe('whether the heading must carry a date, as 2024-05-31'),
  textCharsMin: z.number().int().min(1).default(1).describe('how much must be said of it, in characters'),
  timeoutMs: timeoutMs(30_000).describe('how long git may take to tell the tag'),
})

type Options = z.infer<typeof schema>

/** What says nothing. */
const EMPTY = /^[^\p{L}\p{N}]*(?:(?:tbd|tba|wip|to be (?:done|written|added)|none|n\/a|coming soon)[^\p{L}\p{N}]*)?$/iu

export const changelogEntry = defineCheck({
  id: 'changelog-entry',
  summary: 'looks whether the changelog has a section with text for the version that is released',
  options: schema,
  example: { file: 'CHANGELOG.md', versionFrom: 'package.json', dated: true },
  failingExample: { file: 'no-such-changelog.md', version: '1.0.0' },
  secretFields: [],
  remedy: 'write what changed below a heading with the version, not below "Unreleased"',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (/\b(?:if|not|never|bot|template|category|draft|announce\w*)\b/i.test(sentence)) return null
    const said = find(
      sentence,
      /\bchange ?log(?:\.md)?\b[^.]{0,30}\b(?:updated|written|complete|has (?:an )?entry|up[- ]to[- ]date|current|includes|contains)\b|\bchange ?log entry\b[^.]{0,30}\b(?:added|exists|written|present)\b/i,
    )
    if (!said) return null
    const file = /(?<![\w/.-])(?:[\w-]+\/){0,4}change-?log\.md\b/i.exec(sentence)?.[0]
    return propose(file ? SURE.said : SURE.likely, file ? { file } : {}, [said], 'version of package.json')
  },

  describe(options) {
    const version =
      options.version ?? `the version of ${options.versionFrom === 'tag' ? 'the latest git tag' : options.versionFrom}`
    return `${options.file} in ${options.directory} has a ${options.dated ? 'dated ' : ''}section with text for ${version}`
  },

  run: (options, context) =>
    look(context, async () => {
      const directory = resolve(context.directory, options.directory)
      try {
        const version = options.version ?? (await versionOf(options, directory, context))
        return judge(options, version, (await changelog(directory, options.file)) ?? null)
      } catch (error) {
        if (error instanceof Unreadable) return unverified(error.message)
        if (error instanceof Untold)
          return unverified(error.message, {
            remedy: 'name the version, or where it stands, by version or versionFrom',
          })
        throw error
      }
    }),
})

async function versionOf(options: Options, directory: string, context: CheckContext): Promise<string> {
  if (options.versionFrom === 'tag') {
    const git = gitIn({ directory, timeoutMs: options.timeoutMs }, context)
    return (await git.line('describe', '--tags', '--abbrev=0')).replace(/^.*?(?=v?\d)/, '')
  }
  let text: string
  try {
    text = (await readReport(directory, options.versionFrom)).text
  } catch (error) {
    throw error instanceof Unreadable ? new Untold(`which version is released is not known: ${error.message}`) : error
  }
  const version = options.versionFrom.endsWith('.json')
    ? jsonVersion(text)
    : /^\s*version\s*=\s*["']([^"'\n]{1,100})["']/m.exec(text)?.[1]
  if (!version) throw new Untold(`${options.versionFrom} names no version`)
  return version
}

function jsonVersion(text: string): string | undefined {
  try {
    const { version } = JSON.parse(text) as { version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}

/** Undefined where there is no such file: that the team keeps none is an answer. @throws Unreadable */
async function changelog(directory: string, file: string): Promise<string | undefined> {
  try {
    return (await readReport(directory, file)).text
  } catch (error) {
    if (error instanceof Unreadable && error.message.endsWith('no such file')) return undefined
    throw error
  }
}

function judge(options: Options, version: string, text: string | null): Outcome {
  if (text === null) return failed(`there is no ${options.file}`)
  const lines = linesOf(text)
  const headings = headingsOf(lines)
  const found = headings.findIndex((heading) => names(heading.text, version))
  const heading = headings[found]
  if (!heading) return failed(`${options.file} has no section for ${version}${newest(headings)}`)
  if (/\bunreleased\b/i.test(heading.text))
    return failed(`${options.file}: "${excerpt(heading.text, 100)}" is still marked as not released`)
  const end = headings.slice(found + 1).find(({ level }) => level <= heading.level)?.line ?? lines.length
  const inner = new Set(headings.flatMap(({ line, below }) => (below - line === 2 ? [line, line + 1] : [line])))
  const said = lines
    .slice(heading.below, end)
    .filter((line, offset) => !inner.has(heading.below + offset) && !EMPTY.test(line) && !/^\[[^\]]+\]:/.test(line))
    .join('\n')
  const evidence = [
    { name: 'section', mediaType: 'text/plain' as const, content: excerpt(`${heading.text}\n\n${said}`, 4000) },
  ]
  const measurements = [{ name: 'text', value: said.trim().length, unit: 'characters' }]
  const where = `${options.file}:${heading.line + 1}, section for ${version}`
  if (said.trim().length < options.textCharsMin)
    return failed(
      `${where}: ${said.trim() === '' ? 'nothing stands below it' : `${said.trim().length} characters, at least ${options.textCharsMin} wanted`}`,
      { evidence, measurements },
    )
  if (options.dated && !/\b\d{4}-\d{2}-\d{2}\b/.test(heading.text))
    return failed(`${where}: its heading has no date as 2024-05-31`, { evidence, measurements })
  return passed(`${where}: "${excerpt(heading.text, 100)}"`, { evidence, measurements })
}

/** The version as a word: 1.2.3 is neither in 11.2.3 nor in 1.2.3-rc.1. */
function names(heading: string, version: string): boolean {
  const plain = version.replace(/^v(?=\d)/, '').replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return new RegExp(`(?<![\\w.])v?${plain}(?![\\w+]|[.-]\\w)`, 'i').test(heading)
}

function newest(headings: readonly Heading[]): string {
  const heading = headings.find(({ text }) => /\d+\.\d+/.test(text))
  return heading ? `; its newest is "${excerpt(heading.text, 100)}"` : ''
}

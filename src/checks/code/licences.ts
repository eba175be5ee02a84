// Licences of the packages a project brings along, against the lists a team keeps.
import { resolve } from 'node:path'
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import type { Verdict } from './licences/expression.ts'
import { packagesOf, type Installed } from './licences/packages.ts'
import { Unreadable } from './report-file.ts'

const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][\w.+-]*(?: WITH [\w.-]+)?$/, 'not an SPDX identifier, as MIT or Apache-2.0')

const schema = z
  .strictObject({
    directory: z.string().default('.').describe('directory of the project, of Node'),
    allow: z
      .array(identifier)
      .default([])
      .describe('SPDX identifiers that are allowed; empty: all that are not denied'),
    deny: z
      .array(z.string().regex(/^[A-Za-z0-9*][\w.+*-]*$/))
      .default([])
      .describe('SPDX identifiers that are not allowed, or patterns as AGPL-*'),
    production: z.boolean().default(true).describe('whether packages for development only are left out'),
    known: z
      .record(z.string(), z.string().min(1))
      .default({})
      .describe('licences somebody read himself, by package or package@version, as SPDX expression'),
    ignore: z
      .array(z.string().min(1))
      .default([])
      .describe('packages that need no licence, as those of the team; @scope/* for a scope'),
  })
  .refine((o) => o.allow.length > 0 || o.deny.length > 0, 'say what is allowed, or what is denied')

type Options = z.infer<typeof schema>

const NAMED = 5
const LISTED = 200

interface Judged extends Installed {
  verdict: Verdict | 'unknown'
}

export const licences = defineCheck({
  id: 'licences',
  summary: 'judges the licences of installed packages by lists of SPDX identifiers',
  options: schema,
  example: { allow: ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause'], ignore: ['@shop/*'] },
  failingExample: { deny: ['*'] },
  secretFields: [],
  remedy: 'replace the package, or write down under known what its licence is after reading it',

  recognise(item) {
    const sentence = sentenceOf(item)
    if (/\b(?:if|software key|expir\w*|renew\w*|seats?|enterprise|driving|file)\b/i.test(sentence)) return null
    const said = find(
      sentence,
      /\b(?:no|zero) (AGPL|GPL|LGPL|copyleft)(?:[- ]licen[cs]ed)? (?:dependenc(?:y|ies)|packages|libraries|licen[cs]es)\b/i,
    )
    if (!said) return null
    const deny = /copyleft/i.test(said)
      ? ['GPL-*', 'AGPL-*', 'LGPL-*', 'MPL-*', 'EUPL-*', 'OSL-*']
      : [`${/\b(A|L)?GPL\b/i.exec(said)?.[0].toUpperCase()}-*`]
    return propose(SURE.likely, { deny }, [said])
  },

  describe(options) {
    const claims = [
      options.allow.length > 0 ? `only ${options.allow.join(', ')}` : '',
      options.deny.length > 0 ? `none of ${options.deny.join(', ')}` : '',
    ]
    return `licences of the packages${options.production ? ' for production' : ''} in ${options.directory}: ${claims.filter(Boolean).join('; ')}`
  },

  run: (options, context) =>
    look(context, async () => {
      const { isIdentifier, judgeExpression } = await import('./licences/expression.ts')
      const odd = options.allow.filter((text) => !isIdentifier(text))
      if (odd.length > 0)
        return unverified(`${odd.join(', ')}: not SPDX, as MIT or Apache-2.0`, {
          remedy: 'write allowed licences as SPDX identifiers',
        })
      try {
        const all = await packagesOf(resolve(context.directory, options.directory), options.production)
        const judged = all
          .filter(({ name }) => !isIgnored(options, name))
          .map((found): Judged => {
            const licence =
              options.known[`${found.name}@${found.version}`] ?? options.known[found.name] ?? found.licence
            return { ...found, licence, verdict: licence === null ? 'unknown' : judgeExpression(licence, options) }
          })
        return outcomeOf(judged)
      } catch (error) {
        if (error instanceof Unreadable)
          return unverified(error.message, { remedy: 'install the packages first, as npm ci does' })
        throw error
      }
    }),
})

function isIgnored({ ignore }: Options, name: string): boolean {
  return ignore.some((rule) => rule === name || (rule.endsWith('/*') && name.startsWith(rule.slice(0, -1))))
}

/** No licence, or a text that is no SPDX expression, may mean anything: somebody has to read it. UNLICENSED says that nothing is granted. */
function outcomeOf(packages: readonly Judged[]): Outcome {
  const wrong = packages.filter(
    ({ verdict, licence }) =>
      verdict === 'denied' || verdict === 'not-allowed' || licence?.toUpperCase() === 'UNLICENSED',
  )
  const open = packages.filter((found) => !wrong.includes(found) && found.verdict !== 'allowed')
  const counts = new Map<string, number>()
  for (const { licence } of packages) counts.set(licence ?? 'none', (counts.get(licence ?? 'none') ?? 0) + 1)
  const extra = {
    measurements: [
      { name: 'packages', value: packages.length, unit: 'count' },
      { name: 'not allowed', value: wrong.length, unit: 'count' },
      { name: 'unknown', value: open.length, unit: 'count' },
    ],
    evidence: [
      {
        name: 'licences',
        mediaType: 'text/plain' as const,
        content: excerpt(
          [
            ...[...counts]
              .toSorted((a, b) => b[1] - a[1])
              .slice(0, 50)
              .map(([licence, count]) => `${count} ${excerpt(licence, 100)}`),
            ...[...wrong, ...open].slice(0, LISTED).map(textOf),
          ].join('\n'),
        ),
      },
    ],
  }
  const list = (some: readonly Judged[]): string =>
    `${some.slice(0, NAMED).map(textOf).join(', ')}${some.length > NAMED ? ', ...' : ''}`
  const seen = plural(packages.length, 'package')
  if (wrong.length > 0)
    return failed(`${seen}, ${wrong.length} with a licence that is not allowed: ${list(wrong)}`, extra)
  if (open.length > 0)
    return unverified(`${seen}, ${open.length} with a licence that is not known: ${list(open)}`, extra)
  return passed(`${seen}, ${packages.length === 0 ? 'nothing to judge' : 'each with a licence that is allowed'}`, extra)
}

function textOf({ name, version, licence }: Installed): string {
  return excerpt(`${name}@${version} (${licence ?? 'none'})`, 200)
}

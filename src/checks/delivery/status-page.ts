// What a public status page says: of everything, of components, and of incidents, which are open or closed as is wanted.
import { z } from 'zod'
import { askJson } from '../../lib/ask-json.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { nearest } from '../../lib/nearest.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf, lookThrough, someOf } from '../instrument.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import { PAGES, type PageState } from './status-pages.ts'

const LEVELS = ['none', 'minor', 'major', 'critical'] as const

const schema = z.strictObject({
  url: url('http', 'https').describe('address of the status page'),
  service: z.enum(['statuspage', 'instatus', 'cstate']).default('statuspage').describe('who makes the page'),
  ...accessFields,
  indicatorMax: z.enum(LEVELS).default('none').describe('how bad it may say that things are'),
  components: z.array(z.string().min(1)).default([]).describe('names of components that must be operational'),
  incident: z
    .enum(['none', 'open', 'any'])
    .default('none')
    .describe('`none`: no incident may be open; `open`: one must be, because it is to be told; `any`: not judged'),
  maintenance: z.enum(['told', 'any']).default('any').describe('`told`: maintenance must be announced or under way'),
  about: z.string().min(1).optional().describe('text in the name of the incident or maintenance that is meant'),
})

type Options = z.infer<typeof schema>

export const statusPage = defineCheck({
  id: 'status-page',
  summary: 'reads a public status page: its indicator, components, incidents and maintenance',
  options: schema,
  example: { url: 'https://status.acme.test', components: ['API'], incident: 'none' },
  failingExample: { url: 'https://status.acme.test', components: ['no such component'] },
  secretFields: ['url', ...ACCESS_SECRETS],
  remedy: 'bring the status page up to date, or settle what it tells of',

  recognise(item) {
    const words = allWordsOf(item)
    if (/\bif\b|\bnot\b|\bprepare/i.test(words)) return null
    const claim = find(
      words,
      /\bstatus ?page\b[^\n;]{0,60}\b(?:all systems operational|operational|green|no (?:open )?incidents?)\b|\bno (?:open |active )?incidents?\b[^\n;]{0,30}\bstatus ?page\b/i,
    )
    const told = find(
      words,
      /\bstatus ?page\b[^\n;]{0,60}\b(?:announces|shows|has)\b[^\n;]{0,30}\bmaintenance\b|\bmaintenance\b[^\n;]{0,40}\bon (?:the )?status ?page\b/i,
    )
    const address = find(words, /https?:\/\/[^\s`"'<>)\]]+/i)?.replace(/[.,;:]+$/, '')
    if (!address || isPlaceholder(address) || !URL.canParse(address) || (!claim && !told)) return null
    const options = told && !claim ? { maintenance: 'told', incident: 'any', indicatorMax: 'critical' } : {}
    return propose(
      SURE.likely,
      { url: address, ...options },
      [address, claim ?? told ?? ''],
      'a page of Atlassian Statuspage is assumed',
    )
  },

  describe({ url: address, indicatorMax, components, incident, maintenance, about }) {
    const wanted = [
      `indicator ${indicatorMax === 'none' ? 'none' : `${indicatorMax} at most`}`,
      components.length > 0 ? `${components.join(', ')} operational` : '',
      incident === 'any' ? '' : incident === 'none' ? 'no open incident' : 'an open incident',
      maintenance === 'told' ? 'maintenance announced' : '',
      about === undefined ? '' : `about "${about}"`,
    ]
    return `${publicUrl(address)}: ${wanted.filter(Boolean).join(', ')}`
  },

  run: (options, context) => lookThrough(context, () => ask(options, context)),
})

async function ask(options: Options, context: CheckContext): Promise<Outcome> {
  const access = accessOf(options, context.directory)
  const answers: unknown[] = []
  for (const path of PAGES[options.service].paths) {
    const address = new URL(options.url)
    address.pathname = address.pathname.replace(/\/+$/, '') + path
    answers.push((await askJson({ system: 'status page', url: address.href, ...access }, context.signal)).data)
  }
  const state = PAGES[options.service].read(answers)
  if (!state)
    return unverified(`${publicUrl(options.url)} is no page of ${options.service}`, {
      remedy: 'correct `url` and `service`',
    })
  return judge(options, state)
}

function judge(options: Options, { level, components, incidents, maintenance }: PageState): Outcome {
  const isMeant = (name: string): boolean =>
    options.about === undefined || name.toLowerCase().includes(options.about.toLowerCase())
  const open = incidents.filter(isMeant)
  const there = components.map(({ name }) => name)
  const unknown = options.components.filter((name) => !there.includes(name))
  const lines = [
    `indicator: ${level ?? 'unknown'}`,
    ...components.map(({ name, isWell, said }) => `${name}: ${said}${isWell ? '' : ' (!)'}`),
    ...incidents.map((name) => `incident: ${name}`),
    ...maintenance.map((name) => `maintenance: ${name}`),
  ]
  const extra = {
    evidence: [{ name: 'status page', mediaType: 'text/plain' as const, content: excerpt(lines.join('\n')) }],
    measurements: [{ name: 'open incidents', value: incidents.length, unit: 'count' }],
  }
  const ill = components.filter(({ name, isWell }) => options.components.includes(name) && !isWell)
  const meant = nearest(unknown[0] ?? '', there)
  const wrong = [
    level !== null && LEVELS.indexOf(level) > LEVELS.indexOf(options.indicatorMax) ? `it says ${level}` : '',
    ill.length > 0 ? someOf(ill.map(({ name, said }) => `${name} is ${said.toLowerCase().replaceAll('_', ' ')}`)) : '',
    unknown.length > 0 ? `it has no component ${someOf(unknown)}${meant ? ` (but "${meant}")` : ''}` : '',
    options.incident === 'none' && open.length > 0 ? `open: ${someOf(open)}` : '',
    options.incident === 'open' && open.length === 0 ? 'no incident is open' : '',
    options.maintenance === 'told' && !maintenance.some(isMeant) ? 'no maintenance is announced' : '',
  ].filter(Boolean)
  const what = publicUrl(options.url)
  if (wrong.length > 0) return failed(`${what}: ${wrong.join('; ')}`, extra)
  if (level === null) return unverified(`${what} does not say how things are`, extra)
  return passed(
    `${what}: ${level === 'none' ? 'all is well' : level}${open.length > 0 ? `, open: ${someOf(open)}` : ''}`,
    extra,
  )
}

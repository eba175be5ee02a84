// Whether Grafana has the dashboards and alert rules, whether they show something, and whether their data sources answer.
import { z } from 'zod'
import { askJson } from '../../lib/ask-json.ts'
import { OutsideError } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { nearest } from '../../lib/nearest.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { publicUrl, url } from '../fields.ts'
import {
  ACCESS_SECRETS,
  accessFields,
  accessOf,
  lookThrough,
  objectOf,
  objectsOf,
  someOf,
  textOf,
} from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'

const GRAFANA = 'http://127.0.0.1:3000'
/** The most that Grafana gives in one answer. */
const FOUND_MAX = 5000

const schema = z.strictObject({
  url: url('http', 'https').default(GRAFANA).describe('address of Grafana'),
  ...accessFields,
  dashboards: z
    .array(z.string().min(1))
    .max(50)
    .default([])
    .describe('titles or uids of dashboards that must be there'),
  dashboardsMin: z.number().int().min(1).default(1).describe('how many dashboards there must be in all'),
  panelsMin: z.number().int().min(0).default(1).describe('how many panels each of the named ones must have'),
  datasources: z
    .array(z.string().min(1))
    .max(50)
    .default([])
    .describe('names or uids of data sources that must be healthy'),
  alertRules: z
    .array(z.string().min(1))
    .max(200)
    .default([])
    .describe('titles of alert rules that must be there, and not paused'),
})

type Options = z.infer<typeof schema>
type Entry = Readonly<Record<string, unknown>>

export const grafanaDashboards = defineCheck({
  id: 'grafana-dashboards',
  summary: 'asks Grafana whether dashboards, data sources and alert rules are in place',
  options: schema,
  example: {
    url: 'https://grafana.internal',
    token: '${env:GRAFANA_TOKEN}',
    dashboards: ['Shop overview'],
    datasources: ['Prometheus'],
  },
  failingExample: { dashboards: ['no such dashboard'] },
  secretFields: ['url', ...ACCESS_SECRETS],
  remedy: 'import or provision what is missing, and look at the data source in its settings',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(
      words,
      /\bgrafana\b[^\n.;]{0,30}\bdashboards?\b[^\n.;]{0,40}\b(?:created|deployed|imported|provisioned|available|accessible|in place|ready|configured|exists?|set up|loaded)\b|\bdashboards?\b[^\n.;]{0,40}\b(?:created|deployed|imported|provisioned|available|exists?|configured|set up)\b[^\n.;]{0,10}\bin grafana\b/i,
    )
    if (!claim || /\b(?:if|not|document\w*|review\w*|train\w*)\b/i.test(words)) return null
    const quoted = [...words.matchAll(/["“]([^"”\n]{3,60})["”]/g)].map((match) => match[1] as string)
    const remark = `no address in the words: ${GRAFANA} is assumed; give the token as \${env:GRAFANA_TOKEN}`
    const dashboards = quoted.length > 0 ? { dashboards: quoted } : {}
    return propose(SURE.likely, { url: GRAFANA, ...dashboards }, [claim], remark)
  },

  describe({ url: address, dashboards, dashboardsMin, panelsMin, datasources, alertRules }) {
    const wanted = [
      dashboards.length > 0
        ? `dashboards ${dashboards.join(', ')} with ${plural(panelsMin, 'panel')} or more`
        : `at least ${plural(dashboardsMin, 'dashboard')}`,
      datasources.length > 0 ? `data sources ${datasources.join(', ')} healthy` : '',
      alertRules.length > 0 ? `alert rules ${alertRules.join(', ')} not paused` : '',
    ]
    return `Grafana at ${publicUrl(address)}: ${wanted.filter(Boolean).join('; ')}`
  },

  run: (options, context) => lookThrough(context, () => lookAt(options, context)),
})

async function lookAt(options: Options, context: CheckContext): Promise<Outcome> {
  const access = accessOf(options, context.directory)
  const base = new URL(options.url)
  const ask = async (path: string): Promise<unknown> => {
    const [pathname = '', query = ''] = path.split('?')
    const address = new URL(base)
    address.pathname = base.pathname.replace(/\/+$/, '') + pathname
    address.search = query
    return (await askJson({ system: 'Grafana', url: address.href, ...access, statuses: [400, 404] }, context.signal))
      .data
  }
  const listOf = async (path: string, what: string): Promise<Entry[]> => {
    const list = objectsOf(await ask(path))
    if (!list)
      throw new OutsideError('Grafana', `gave no list of ${what}`, {
        hint: 'correct `url`, and what the token may read',
      })
    return list
  }
  const found = await listOf(`/api/search?type=dash-db&limit=${FOUND_MAX}`, 'dashboards')
  const wrong: string[] = []
  const unsure: string[] = []
  const lines = [plural(found.length, 'dashboard')]
  const titles = found.map(({ title }) => textOf(title))
  if (found.length < options.dashboardsMin)
    wrong.push(`${plural(found.length, 'dashboard')}, at least ${options.dashboardsMin} wanted`)
  for (const wanted of options.dashboards) {
    const entry = named(found, wanted, 'title')
    if (!entry) wrong.push(missing('dashboard', wanted, titles))
    else {
      const panels = panelsOf(
        objectOf(await ask(`/api/dashboards/uid/${encodeURIComponent(textOf(entry.uid))}`)).dashboard,
      )
      lines.push(`${textOf(entry.title)}: ${plural(panels, 'panel')}`)
      if (panels < options.panelsMin)
        wrong.push(`"${wanted}" has ${plural(panels, 'panel')}, at least ${options.panelsMin} wanted`)
    }
  }
  if (options.datasources.length > 0) {
    const sources = await listOf('/api/datasources', 'data sources')
    for (const wanted of options.datasources) {
      const entry = named(sources, wanted, 'name')
      if (!entry) {
        wrong.push(
          missing(
            'data source',
            wanted,
            sources.map(({ name }) => textOf(name)),
          ),
        )
        continue
      }
      const health = objectOf(await ask(`/api/datasources/uid/${encodeURIComponent(textOf(entry.uid))}/health`))
      const said = `data source "${wanted}": ${textOf(health.status) || 'no health check'} ${excerpt(textOf(health.message), 200)}`
      lines.push(said)
      if (health.status === 'ERROR') wrong.push(said.trim())
      else if (health.status !== 'OK') unsure.push(said.trim())
    }
  }
  if (options.alertRules.length > 0) {
    const rules = await listOf('/api/v1/provisioning/alert-rules', 'alert rules')
    for (const wanted of options.alertRules) {
      const entry = named(rules, wanted, 'title')
      if (!entry)
        wrong.push(
          missing(
            'alert rule',
            wanted,
            rules.map(({ title }) => textOf(title)),
          ),
        )
      else if (entry.isPaused === true) wrong.push(`alert rule "${wanted}" is paused`)
    }
  }
  const extra = {
    evidence: [{ name: 'grafana', mediaType: 'text/plain' as const, content: excerpt(lines.join('\n')) }],
    measurements: [{ name: 'dashboards', value: found.length, unit: 'count' }],
  }
  if (wrong.length > 0) return failed(someOf(wrong), extra)
  if (unsure.length > 0) return unverified(someOf(unsure), extra)
  return passed(`${plural(found.length, 'dashboard')}; all that is wanted is in place`, extra)
}

function named(entries: readonly Entry[], wanted: string, key: 'title' | 'name'): Entry | undefined {
  const lower = wanted.toLowerCase()
  return (
    entries.find((entry) => entry.uid === wanted) ?? entries.find((entry) => textOf(entry[key]).toLowerCase() === lower)
  )
}

function missing(what: string, wanted: string, there: readonly string[]): string {
  const meant = nearest(wanted, there)
  return `no ${what} "${wanted}"${meant ? ` (there is "${meant}")` : ''}`
}

/** Panels of a dashboard, those inside rows included; a row itself shows nothing. */
function panelsOf(dashboard: unknown): number {
  const { panels, rows } = objectOf(dashboard)
  const own = objectsOf(panels) ?? []
  const inRows = [...own.filter(({ type }) => type === 'row'), ...(objectsOf(rows) ?? [])]
  return own.filter(({ type }) => type !== 'row').length + inRows.flatMap((row) => objectsOf(row.panels) ?? []).length
}

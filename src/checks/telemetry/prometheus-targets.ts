// Whether Prometheus reaches what it watches: targets of all jobs, or of the named ones.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { nearest } from '../../lib/nearest.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { publicUrl } from '../fields.ts'
import { lookThrough, objectOf, objectsOf, someOf, textOf } from '../instrument.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { nameOf, PROMETHEUS, PROMETHEUS_SECRETS, prometheusAt, prometheusFields } from './prometheus-options.ts'

const TARGETS_SHOWN_MAX = 100

const schema = z.strictObject({
  ...prometheusFields,
  jobs: z.array(z.string().min(1)).default([]).describe('jobs that must have targets; without it all jobs are judged'),
  ignoredJobs: z.array(z.string().min(1)).default([]).describe('jobs whose targets may be down'),
  targetsMin: z.number().int().min(1).default(1).describe('how many targets there must be'),
  upPercentMin: z.number().min(0).max(100).default(100).describe('share of the targets that must be up, job by job'),
})

type Options = z.infer<typeof schema>

interface Target {
  job: string
  instance: string
  health: string
  error: string
}

export const prometheusTargets = defineCheck({
  id: 'prometheus-targets',
  summary: 'asks Prometheus whether the targets of its jobs are up',
  options: schema,
  example: { url: 'http://prometheus.internal:9090', jobs: ['shop', 'node'] },
  failingExample: { jobs: ['no-such-job'] },
  secretFields: [...PROMETHEUS_SECRETS],
  remedy: 'see that the target runs and that Prometheus may reach its metrics; its targets page has the error',

  recognise(item) {
    const words = sentenceOf(item)
    const claim = find(
      words,
      /\bprometheus\b[^\n.;]{0,30}\b(?:scrap\w+|collect\w+|targets?\b[^\n]{0,20}\b(?:up|healthy|green)|receiving)\b[^\n.;]{0,40}|\b(?:metrics|targets?)\b[^\n.;]{0,40}\b(?:scraped|collected|up)\b[^\n.;]{0,10}\b(?:by|in) prometheus\b/i,
    )
    const otherwise = /\b(?:if|not|configure|document\w*|alerts?|rules?|interval|set up|install\w*|plan\w*)\b/i
    if (!claim || otherwise.test(words)) return null
    return propose(SURE.likely, { url: PROMETHEUS }, [claim], `no address in the words: ${PROMETHEUS} is assumed`)
  },

  describe: (options) =>
    `${nameOf(options)}: at least ${options.upPercentMin} % of the targets of ${options.jobs.length > 0 ? options.jobs.join(', ') : 'all jobs'} are up`,

  run: (options, context) =>
    lookThrough(context, async () => {
      const data = await prometheusAt(options, context).data('targets', { state: 'active' }, context.signal)
      const found = objectsOf(objectOf(data).activeTargets)
      if (!found) return unverified('Prometheus gave no list of targets', { remedy: 'correct `url`' })
      return judge(options, found.map(targetOf))
    }),
})

function targetOf(entry: Readonly<Record<string, unknown>>): Target {
  const labels = objectOf(entry.labels)
  return {
    job: textOf(labels.job) || textOf(entry.scrapePool),
    instance: textOf(labels.instance) || publicUrl(textOf(entry.scrapeUrl)),
    health: textOf(entry.health),
    error: excerpt(textOf(entry.lastError), 300).replaceAll(/(https?:\/\/)[^\s/]*@/g, '$1'),
  }
}

function judge(options: Options, all: readonly Target[]): Outcome {
  const { jobs, ignoredJobs, upPercentMin, targetsMin } = options
  const targets = all.filter(({ job }) => (jobs.length === 0 ? !ignoredJobs.includes(job) : jobs.includes(job)))
  const lines = targets.map(
    ({ job, instance, health, error }) => `${job} ${instance}: ${health}${error && `, ${error}`}`,
  )
  const content = excerpt(lines.toSorted().slice(0, TARGETS_SHOWN_MAX).join('\n'))
  const up = targets.filter(({ health }) => health === 'up').length
  const extra = {
    evidence: [{ name: 'targets', mediaType: 'text/plain' as const, content }],
    measurements: [
      { name: 'targets', value: targets.length, unit: 'count' },
      { name: 'targets up', value: up, unit: 'count' },
    ],
  }
  const known = [...new Set(all.map(({ job }) => job))]
  const missing = jobs.filter((job) => !known.includes(job))
  if (missing.length > 0) {
    const meant = nearest(missing[0] ?? '', known)
    return failed(`Prometheus has no target of job ${someOf(missing)}`, {
      ...extra,
      remedy: meant ? `did you mean job "${meant}"?` : 'add the job to the configuration of Prometheus',
    })
  }
  if (targets.length === 0) return unverified('Prometheus watches nothing: it has no targets', extra)
  const seen = `${up} of ${plural(targets.length, 'target')} up`
  const bad: Target[] = []
  const unsure: Target[] = []
  for (const job of new Set(targets.map((target) => target.job))) {
    const own = targets.filter((target) => target.job === job)
    const share = (...healths: string[]): number =>
      (own.filter(({ health }) => healths.includes(health)).length / own.length) * 100
    if (share('up', 'unknown') < upPercentMin) bad.push(...own.filter(({ health }) => health === 'down'))
    else if (share('up') < upPercentMin) unsure.push(...own.filter(({ health }) => health === 'unknown'))
  }
  const named = (some: readonly Target[]): string => someOf(some.map(({ job, instance }) => `${job} ${instance}`))
  if (bad.length > 0) return failed(`${seen}; down: ${named(bad)}${bad[0]?.error ? ` (${bad[0].error})` : ''}`, extra)
  if (unsure.length > 0) return unverified(`${seen}; not scraped yet: ${named(unsure)}`, extra)
  if (targets.length < targetsMin) return failed(`${seen}, at least ${plural(targetsMin, 'target')} wanted`, extra)
  return passed(seen, extra)
}

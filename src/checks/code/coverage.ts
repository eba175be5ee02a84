// How much of the code the tests reached, by the report of the tool that measured it.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { failed, passed, unverified, type Measurement, type Outcome } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore } from '../fields.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import {
  addFigures,
  METRICS,
  type Coverage,
  type Figures,
  type Metric,
  type Share,
} from './coverage-formats/figures.ts'
import { readJsonSummary } from './coverage-formats/json-summary.ts'
import { readLcov } from './coverage-formats/lcov.ts'
import { readCoverageXml } from './coverage-formats/xml-formats.ts'
import { ageMax, ageText, lookAtReports, tooOld, type ReportFile } from './report-file.ts'

const percent = z.number().min(0).max(100)
const SUMMARY = 'coverage/coverage-summary.json'

const schema = z
  .strictObject({
    files: oneOrMore(z.string().min(1))
      .default(SUMMARY)
      .describe(
        'the report, or several that are added up: lcov, Cobertura, Clover, JaCoCo, JSON summary of Istanbul; patterns too',
      ),
    linesPercentMin: percent.optional().describe('share of lines that were reached, at least'),
    branchesPercentMin: percent.optional().describe('share of branches that were taken, at least'),
    functionsPercentMin: percent.optional().describe('share of functions that were called, at least'),
    statementsPercentMin: percent.optional().describe('share of statements that were reached, at least'),
    fileLinesPercentMin: percent.optional().describe('share of lines that were reached in each single file, at least'),
    ageMax,
  })
  .refine(
    (o) => o.fileLinesPercentMin !== undefined || METRICS.some((metric) => o[`${metric}PercentMin`] !== undefined),
    'say how much there must be: linesPercentMin, branchesPercentMin, functionsPercentMin, statementsPercentMin or fileLinesPercentMin',
  )

type Options = z.infer<typeof schema>

const NAMED = 5

export const coverage = defineCheck({
  id: 'coverage',
  summary: 'reads a coverage report and judges shares of lines, branches and functions, and its age',
  options: schema,
  example: { files: 'coverage/lcov.info', linesPercentMin: 80, branchesPercentMin: 70 },
  failingExample: { files: 'coverage/lcov.info', fileLinesPercentMin: 100 },
  secretFields: [],
  remedy: 'write tests for what the report shows as not reached, or run it again so that it is of now',

  recognise(item) {
    const sentence = sentenceOf(item)
    const said = find(sentence, /\b(?:test|code|line|branch|unit[- ]test) coverage\b|^coverage\b/i)
    // Tests that pass are another claim; a baseline is no figure.
    if (
      !said ||
      /\b(?:insurance|passing|passed|pass|critical paths?|new (?:code|features?)|not|if|baseline)\b/i.test(sentence)
    )
      return null
    const bounds = item.thresholds.filter(({ unit, relativeTo }) => unit === '%' && relativeTo === null)
    const [bound] = bounds
    if (!bound || bounds.length > 1 || !/^(?:>=?|≥)$/.test(bound.operator) || bound.value === null || bound.value > 100)
      return null
    const metric = /branch/i.test(said) ? 'branchesPercentMin' : 'linesPercentMin'
    return propose(SURE.likely, { [metric]: bound.value }, [said, bound.text], `report at ${SUMMARY} is assumed`)
  },

  describe(options) {
    const claims = boundsOf(options).map(([metric, bound]) => `${metric} at least ${bound} %`)
    const each =
      options.fileLinesPercentMin === undefined ? [] : [`lines of each file at least ${options.fileLinesPercentMin} %`]
    return `coverage in ${listOf(options.files).join(', ')}: ${[...claims, ...each].join(', ')}${ageText(options.ageMax)}`
  },

  run: (options, context) =>
    lookAtReports(options, context, async (files) => judge(options, files, await readAll(files))),
})

function boundsOf(options: Options): [Metric, number][] {
  return METRICS.flatMap((metric): [Metric, number][] => {
    const bound = options[`${metric}PercentMin`]
    return bound === undefined ? [] : [[metric, bound]]
  })
}

async function readAll(files: readonly ReportFile[]): Promise<Coverage> {
  const read = await Promise.all(files.map(readOne))
  return { total: addFigures(read.map(({ total }) => total)), files: read.flatMap((found) => found.files) }
}

async function readOne({ path, text }: ReportFile): Promise<Coverage> {
  const start = text.slice(0, 1000).trimStart()
  if (start.startsWith('<')) return readCoverageXml(path, text)
  return start.startsWith('{') ? readJsonSummary(path, text) : readLcov(path, text)
}

/** Rounded down: 79.99 % is not 80 %. */
const percentOf = ({ covered, total }: Share): number => Math.floor((covered / total) * 10_000) / 100

function judge(options: Options, files: readonly ReportFile[], { total, files: sources }: Coverage): Outcome {
  const wrong: string[] = []
  const unknown: string[] = []
  for (const [metric, bound] of boundsOf(options)) {
    const found = total[metric]
    if (!found || found.total === 0) unknown.push(`the report says nothing of ${metric}`)
    else if (percentOf(found) < bound) wrong.push(`${metric} ${percentOf(found)} %, at least ${bound} % wanted`)
  }
  const least = options.fileLinesPercentMin
  if (least !== undefined) {
    const measured = sources.flatMap(({ path, figures: { lines } }) =>
      lines && lines.total > 0 ? [{ path, percent: percentOf(lines) }] : [],
    )
    const poor = measured.filter((file) => file.percent < least).toSorted((a, b) => a.percent - b.percent)
    if (measured.length === 0) unknown.push('the report says nothing of lines of single files')
    if (poor.length > 0)
      wrong.push(
        `${poor.length} of ${measured.length} files below ${least} % of lines: ${poor
          .slice(0, NAMED)
          .map((file) => `${excerpt(file.path, 150)} ${file.percent} %`)
          .join(', ')}`,
      )
  }
  const old = tooOld(files, options.ageMax)
  if (old !== null) wrong.push(old)
  const seen = METRICS.flatMap((metric) => seenOf(metric, total)).join(', ')
  const extra = {
    measurements: METRICS.flatMap((metric) => measurementOf(metric, total)),
    evidence: [
      {
        name: 'coverage',
        mediaType: 'application/json' as const,
        content: JSON.stringify({
          reports: files.slice(0, 20).map(({ path, writtenAt }) => ({ path, writtenAt })),
          total,
          files: sources.length,
        }),
      },
    ],
  }
  if (wrong.length > 0) return failed(wrong.join('; '), extra)
  return unknown.length > 0 ? unverified(unknown.join('; '), extra) : passed(seen, extra)
}

function seenOf(metric: Metric, total: Figures): string[] {
  const found = total[metric]
  return found && found.total > 0 ? [`${metric} ${percentOf(found)} %`] : []
}

function measurementOf(metric: Metric, total: Figures): Measurement[] {
  const found = total[metric]
  return found && found.total > 0 ? [{ name: `${metric} covered`, value: percentOf(found), unit: 'percent' }] : []
}

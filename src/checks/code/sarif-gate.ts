// The result of any scanner that writes SARIF: how much it found, and how bad.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore } from '../fields.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { ageMax, ageText, lookAtReports, tooOld } from './report-file.ts'
import { readSarif, type Finding, type Scan } from './sarif-gate/findings.ts'

const count = z.number().int().nonnegative().optional()

const schema = z.strictObject({
  files: oneOrMore(z.string().min(1)).describe('the SARIF 2.1.0 file, or several; patterns too'),
  tool: z.string().min(1).optional().describe('name of the scanner that must have run, or the beginning of it'),
  errorsMax: count.default(0).describe('how many findings of level error there may be'),
  warningsMax: count.describe('how many findings of level warning there may be'),
  notesMax: count.describe('how many findings of level note there may be'),
  scoreMax: z
    .number()
    .min(0)
    .max(10)
    .optional()
    .describe('highest security-severity (0 to 10, as CVSS) that a finding may have, of whatever level'),
  onlyNew: z.boolean().default(false).describe('whether findings that the file itself calls unchanged do not count'),
  ageMax,
})

type Options = z.infer<typeof schema>

const NAMED = 3
const LISTED = 50

export const sarifGate = defineCheck({
  id: 'sarif-gate',
  summary: 'reads the SARIF result of any scanner and judges its findings by level and score',
  options: schema,
  example: { files: 'reports/codeql.sarif', tool: 'CodeQL', warningsMax: 10, scoreMax: 6.9, ageMax: '24 h' },
  failingExample: { files: 'reports/*.sarif', tool: 'no-such-scanner' },
  secretFields: [],
  remedy: 'repair what was found, or suppress it in the scanner with a reason, and scan again',

  recognise(item) {
    const sentence = sentenceOf(item)
    const file = find(sentence, /(?<![\w/.-])(?:[\w.-]+\/){0,5}[\w.-]+\.sarif\b(?:\.json)?/i)
    const claim = find(
      sentence,
      /\b(?:no|zero|0|without) (?:new |open |critical |high |error[- ]level )?(?:errors?|findings|issues|results)\b/i,
    )
    if (!file || !claim || /\b(?:if|upload\w*|fix)\b/i.test(sentence)) return null
    const isNew = /\bnew\b/i.test(claim)
    const all = /^(?:no|zero|0|without) (?:new |open )?(?:findings|issues|results)$/i.test(claim)
    return propose(
      SURE.said,
      { files: file, ...(all ? { warningsMax: 0, notesMax: 0 } : {}), ...(isNew ? { onlyNew: true } : {}) },
      [file, claim],
    )
  },

  describe(options) {
    const who = options.tool === undefined ? '' : ` of ${options.tool}`
    const claims = boundsOf(options).map(([level, max]) => `at most ${max} of level ${level}`)
    const score = options.scoreMax === undefined ? [] : [`none with a score above ${options.scoreMax}`]
    return `findings${who} in ${listOf(options.files).join(', ')}${options.onlyNew ? ', new ones only' : ''}: ${[...claims, ...score].join(', ')}${ageText(options.ageMax)}`
  },

  run: (options, context) =>
    lookAtReports(options, context, (files) => {
      const all = files.flatMap(({ path, text }) => readSarif(path, text))
      const { tool } = options
      const scans = all.filter((scan) => tool === undefined || scan.tool.toLowerCase().startsWith(tool.toLowerCase()))
      if (all.length === 0) return unverified(`no scan is in ${listOf(options.files).join(', ')}`)
      if (scans.length === 0)
        return failed(
          `${tool} did not run: ${[...new Set(all.map((scan) => scan.tool))].slice(0, NAMED).join(', ')} did`,
        )
      const findings = scans.flatMap((scan) => scan.findings).filter(({ isNew }) => isNew || !options.onlyNew)
      const wrong = [
        ...complaints(options, findings),
        ...[tooOld(files, options.ageMax)].filter((text) => text !== null),
      ]
      const extra = {
        measurements: measured(findings),
        evidence: [{ name: 'findings', mediaType: 'text/plain' as const, content: listed(scans, findings) }],
      }
      const seen = `${[...new Set(scans.map((scan) => scan.tool))].slice(0, NAMED).join(', ')}: ${plural(findings.length, 'finding')}`
      if (wrong.length > 0) return failed(`${seen}: ${wrong.join('; ')}`, extra)
      const doubtful = scans.find(({ doubt }) => doubt !== null)
      return doubtful ? unverified(`${doubtful.tool} ${doubtful.doubt}`, extra) : passed(seen, extra)
    }),
})

function boundsOf({ errorsMax, warningsMax, notesMax }: Options): [Finding['level'], number][] {
  const bounds: [Finding['level'], number | undefined][] = [
    ['error', errorsMax],
    ['warning', warningsMax],
    ['note', notesMax],
  ]
  return bounds.filter((bound): bound is [Finding['level'], number] => bound[1] !== undefined)
}

function complaints(options: Options, findings: readonly Finding[]): string[] {
  const wrong: string[] = []
  for (const [level, max] of boundsOf(options)) {
    const found = findings.filter((finding) => finding.level === level)
    if (found.length > max)
      wrong.push(
        `${found.length} of level ${level}, at most ${max} wanted (${found.slice(0, NAMED).map(textOf).join(', ')})`,
      )
  }
  const { scoreMax } = options
  const bad = scoreMax === undefined ? [] : findings.filter(({ score }) => score !== null && score > scoreMax)
  if (bad.length > 0)
    wrong.push(`${bad.length} with a score above ${scoreMax} (${bad.slice(0, NAMED).map(textOf).join(', ')})`)
  return wrong
}

function textOf({ rule, place }: Finding): string {
  return excerpt(place === '' ? rule : `${rule} at ${place}`, 150)
}

function measured(findings: readonly Finding[]) {
  return (['error', 'warning', 'note'] as const).map((level) => ({
    name: `${level}s`,
    value: findings.filter((finding) => finding.level === level).length,
    unit: 'count',
  }))
}

function listed(scans: readonly Scan[], findings: readonly Finding[]): string {
  const head = scans.slice(0, LISTED).map(({ tool, suppressed }) => `${excerpt(tool, 100)}: ${suppressed} suppressed`)
  const lines = findings.slice(0, LISTED).map((finding) => {
    const score = finding.score === null ? '' : ` (${finding.score})`
    return `${finding.level}${score} ${textOf(finding)} ${excerpt(finding.message, 300)}`
  })
  return excerpt([...head, ...lines].join('\n'))
}

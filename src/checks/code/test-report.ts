// What a test run wrote down: JUnit's XML, TAP, the JSON of Jest and Vitest.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { listOf, oneOrMore } from '../fields.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'
import { ageMax, ageText, lookAtReports, tooOld, Unreadable, type ReportFile } from './report-file.ts'
import { readJestJson } from './test-report/jest-json.ts'
import { readJunit } from './test-report/junit.ts'
import { addTallies, type TestTally } from './test-report/tally.ts'
import { readTap } from './test-report/tap.ts'

const count = z.number().int().nonnegative()

const schema = z.strictObject({
  files: oneOrMore(z.string().min(1)).describe('the report, or several; patterns as reports/**/*.xml too'),
  format: z
    .enum(['auto', 'junit', 'tap', 'json'])
    .default('auto')
    .describe('what they are written in; auto looks at their text'),
  failuresMax: count.default(0).describe('how many tests may have failed, errors among them'),
  skippedMax: count.optional().describe('how many tests may have been skipped'),
  testsMin: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('how many tests there must be: a run without tests proves nothing'),
  ageMax,
})

type Options = z.infer<typeof schema>

const NAMED = 3

export const testReport = defineCheck({
  id: 'test-report',
  summary: 'reads what a test run wrote down and judges failures, skipped tests, number and age',
  options: schema,
  example: { files: 'reports/**/*.xml', testsMin: 200, skippedMax: 5, ageMax: '24 h' },
  failingExample: { files: 'reports/**/*.xml', testsMin: 1_000_000 },
  secretFields: [],
  remedy: 'repair the tests that failed, or run them again so that the report is of now',

  recognise(item) {
    const said = find(
      sentenceOf(item),
      /\b(?:0|no|zero) (?:failed|failing) tests? in\b|\btest reports? (?:shows?|has|have|with|contains?) (?:0|no|zero) (?:failures?|failed tests?|errors?)\b/i,
    )
    return said
      ? propose(SURE.assumed, { files: 'reports/**/*.xml' }, [said], 'name the files that your test run writes')
      : null
  },

  describe({ files, failuresMax, skippedMax, testsMin, ageMax: age }) {
    const skipped = skippedMax === undefined ? '' : `, at most ${skippedMax} skipped`
    return `test report ${listOf(files).join(', ')}: at least ${plural(testsMin, 'test')}, at most ${failuresMax} failed${skipped}${ageText(age)}`
  },

  run: (options, context) =>
    lookAtReports(options, context, async (files) => {
      const tally = addTallies(await Promise.all(files.map((file) => read(file, options.format))))
      const { tests, failed: red, skipped } = tally
      const wrong = [...complaints(options, tally), ...[tooOld(files, options.ageMax)].filter((text) => text !== null)]
      const measurements = [
        { name: 'tests', value: tests, unit: 'count' },
        { name: 'failed', value: red, unit: 'count' },
        { name: 'skipped', value: skipped, unit: 'count' },
      ]
      const evidence = [
        {
          name: 'report',
          mediaType: 'text/plain' as const,
          content: excerpt(
            [
              ...files.slice(0, 20).map(({ path, writtenAt }) => `${path}, ${writtenAt.toISOString()}`),
              ...tally.failures.map((name) => `failed: ${name}`),
            ].join('\n'),
          ),
        },
      ]
      const seen = `${plural(tests, 'test')}, ${red} failed, ${skipped} skipped`
      return wrong.length > 0
        ? failed(`${seen}: ${wrong.join('; ')}`, { measurements, evidence })
        : passed(seen, { measurements, evidence })
    }),
})

function complaints(options: Options, { tests, failed: red, skipped, failures }: TestTally): string[] {
  const wrong: string[] = []
  if (red > options.failuresMax)
    wrong.push(
      [`at most ${options.failuresMax} failed wanted`, ...failures.slice(0, NAMED)]
        .map((text) => excerpt(text, 120))
        .join(', '),
    )
  if (options.skippedMax !== undefined && skipped > options.skippedMax)
    wrong.push(`at most ${options.skippedMax} skipped wanted`)
  if (tests > 0 && skipped >= tests) wrong.push('all were skipped, so that nothing was tested')
  if (tests < options.testsMin) wrong.push(`at least ${plural(options.testsMin, 'test')} wanted`)
  return wrong
}

/** @throws Unreadable where it is none of the formats, or not the one that was named. */
async function read({ path, text }: ReportFile, format: Options['format']): Promise<TestTally> {
  const is = format === 'auto' ? formatOf(text) : format
  if (is === 'junit') return readJunit(path, text)
  if (is === 'tap') return readTap(path, text)
  try {
    return readJestJson(path, JSON.parse(text))
  } catch (error) {
    if (error instanceof Unreadable) throw error
    throw new Unreadable(`${path} is neither JUnit's XML nor TAP nor JSON`)
  }
}

function formatOf(text: string): Exclude<Options['format'], 'auto'> {
  const start = text.slice(0, 1000).trimStart()
  if (start.startsWith('<')) return 'junit'
  return start.startsWith('{') ? 'json' : 'tap'
}

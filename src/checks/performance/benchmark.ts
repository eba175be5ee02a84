// Whether a benchmark's figures got worse than a stored baseline by more than is allowed.
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { excerpt, lastLine, withLastLine } from '../../lib/excerpt.ts'
import { parsePath } from '../../lib/json-path.ts'
import { plural } from '../../lib/plural.ts'
import { failed, passed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { pattern, timeoutMs } from '../fields.ts'
import { look } from '../look.ts'
import { compare, type Comparison } from './benchmark/compare.ts'
import { figuresAt } from './benchmark/figures.ts'

const TEXT_BYTES_MAX = 8 << 20

const figure = z.number().positive()
const metric = z
  .strictObject({
    path: z
      .string()
      .refine((text) => parsePath(text) !== null, 'not a path into JSON')
      .optional(),
    pattern: pattern.optional(),
    better: z.enum(['lower', 'higher']).default('lower'),
    regressionPercentMax: z.number().min(0).max(10_000).default(10),
    baseline: z.union([figure, z.array(figure).min(1).max(1000)]).optional(),
  })
  .refine((o) => (o.path === undefined) !== (o.pattern === undefined), 'give either path or pattern')

const schema = z
  .strictObject({
    run: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('the benchmark and its arguments, run without a shell; or `file`'),
    file: z.string().min(1).optional().describe('what a benchmark wrote earlier'),
    cwd: z.string().default('.').describe('directory to run it in'),
    repeat: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('how often it is run; the median counts, the scatter tells the noise'),
    baseline: z
      .string()
      .min(1)
      .optional()
      .describe('file with what an earlier run wrote; of several runs one JSON document a line'),
    metrics: z
      .record(z.string().min(1).max(100), metric)
      .refine((record) => Object.keys(record).length > 0, 'at least one metric is wanted')
      .describe(
        'by name: `path` into its JSON (a number or a list of runs) or `pattern` whose first group is the figure, what is `better` (lower or higher), ' +
          '`regressionPercentMax`, and the `baseline` where no file has it',
      ),
    timeoutMs: timeoutMs(600_000).describe('how long each run may take'),
  })
  .refine((o) => (o.run === undefined) !== (o.file === undefined), 'give either run or file')
  .refine(
    (o) => o.baseline !== undefined || Object.values(o.metrics).every(({ baseline }) => baseline !== undefined),
    'name the file of the baseline, or give each metric one',
  )

type Options = z.infer<typeof schema>
type Problem = { problem: string; remedy?: string }

export const benchmark = defineCheck({
  id: 'benchmark',
  summary: 'runs a benchmark, or reads what it wrote, and judges each figure against a stored baseline',
  options: schema,
  example: {
    run: ['npm', 'run', '--silent', 'bench'],
    baseline: 'bench/baseline.json',
    metrics: {
      'requests per second': { path: 'requestsPerSecond', better: 'higher' },
      p95: { path: 'latencyMs.p95', regressionPercentMax: 20 },
    },
  },
  failingExample: {
    run: ['node', '-e', 'console.log(JSON.stringify({ ms: 20 }))'],
    repeat: 1,
    metrics: { ms: { path: 'ms', baseline: 10 } },
  },
  secretFields: [],
  remedy: 'find the change that made it slower, or record a new baseline where it is meant to be',
  alone: true,

  describe({ run, file, repeat, metrics, baseline }) {
    const source = run ? `run \`${run.join(' ')}\` ${plural(repeat, 'time')}` : `read ${file}`
    const wanted = Object.entries(metrics).map(
      ([name, { better, regressionPercentMax }]) =>
        `${name} (${better} is better) at most ${regressionPercentMax} % worse than ${baseline ?? 'its baseline'}`,
    )
    return `${source}: ${wanted.join(', ')}`
  },

  run: (options, context) => look(context, () => judgeBenchmark(options, context)),
})

async function judgeBenchmark(options: Options, context: CheckContext): Promise<Outcome> {
  const { baseline: file } = options
  // What it is held against is looked for first: a benchmark may take minutes.
  const stored = file === undefined ? [] : await readText(resolve(context.directory, file))
  if ('problem' in stored) return unverified(`baseline ${file}: ${stored.problem}`, { remedy: recordingOf(options) })
  const texts = await currentTexts(options, context)
  if ('problem' in texts) return unverified(texts.problem, texts.remedy === undefined ? {} : { remedy: texts.remedy })
  const comparisons: [string, Comparison][] = []
  const unknown: string[] = []
  for (const [name, wanted] of Object.entries(options.metrics)) {
    const current = figuresAt(wanted, texts)
    const before = wanted.baseline === undefined ? figuresAt(wanted, stored) : [wanted.baseline].flat()
    const comparison = compare(current, before, wanted)
    if (current.length === 0) unknown.push(`${name}: no figure in what was measured`)
    else if (before.length === 0) unknown.push(`${name}: no figure in the baseline`)
    else if (!comparison) unknown.push(`${name}: a figure that is not above 0 has no share`)
    else comparisons.push([name, comparison])
  }
  return outcomeOf(options, comparisons, unknown, texts)
}

async function currentTexts(options: Options, context: CheckContext): Promise<string[] | Problem> {
  if (options.file !== undefined) {
    const read = await readText(resolve(context.directory, options.file))
    return 'problem' in read ? { problem: `${options.file}: ${read.problem}`, remedy: 'run the benchmark first' } : read
  }
  const [program = '', ...args] = options.run ?? []
  const texts: string[] = []
  for (let round = 0; round < options.repeat; round++) {
    const { ended, exitCode, signal, stdout, stderr } = await context.exec(program, args, {
      cwd: resolve(context.directory, options.cwd),
      timeoutMs: options.timeoutMs,
      outputBytesMax: TEXT_BYTES_MAX,
    })
    if (ended === 'not-started') return { problem: `${program} could not be started: ${lastLine(stderr)}` }
    if (ended !== 'exited') return { problem: `${program} did not end within ${options.timeoutMs} ms` }
    // Figures of a benchmark that broke off are none.
    if (exitCode !== 0)
      return { problem: withLastLine(`${program} ended with ${exitCode ?? signal}`, lastLine(stderr) || stdout) }
    texts.push(stdout)
  }
  return texts
}

async function readText(path: string): Promise<string[] | Problem> {
  try {
    const { size } = await stat(path)
    if (size > TEXT_BYTES_MAX) return { problem: `it has more than ${TEXT_BYTES_MAX} bytes` }
    return [await readFile(path, 'utf8')]
  } catch (error) {
    return { problem: messageOf(error) }
  }
}

function recordingOf({ run, file, baseline }: Options): string {
  const how = run ? `${run.join(' ')} > ${baseline}` : `cp ${file} ${baseline}`
  return `record one of a version that is fast enough, and keep it in the repository: ${how}`
}

function outcomeOf(
  { metrics }: Options,
  comparisons: readonly [string, Comparison][],
  unknown: readonly string[],
  texts: readonly string[],
): Outcome {
  const saying = ([name, { verdict, worsePercent, marginPercent, median, baselineMedian }]: [
    string,
    Comparison,
  ]): string => {
    const change = `${rounded(Math.abs(worsePercent))} % ${worsePercent > 0 ? 'worse' : 'better'}`
    const margin = marginPercent === null ? '' : `, give or take ${rounded(marginPercent)} %`
    const wanted = verdict === 'within' ? '' : `, at most ${metrics[name]?.regressionPercentMax} % worse wanted`
    return `${name} ${rounded(median)}, was ${rounded(baselineMedian)}: ${change}${margin}${wanted}`
  }
  const of = (verdict: Comparison['verdict']): string[] =>
    comparisons.filter(([, comparison]) => comparison.verdict === verdict).map(saying)
  const extra = {
    measurements: comparisons.flatMap(([name, { median, worsePercent }]) => [
      { name, value: rounded(median), unit: 'count' },
      { name: `${name}, worse by`, value: rounded(worsePercent), unit: 'percent' },
    ]),
    evidence: [
      {
        name: 'figures',
        mediaType: 'application/json' as const,
        content: excerpt(JSON.stringify(Object.fromEntries(comparisons), null, 2)),
      },
      { name: 'output', mediaType: 'text/plain' as const, content: excerpt(texts.join('\n')) },
    ],
  }
  if (of('beyond').length > 0) return failed(of('beyond').join('; '), extra)
  const open = [...unknown, ...of('undecided').map((text) => `${text}; the runs scatter too much to tell`)]
  if (open.length === 0) return passed(of('within').join('; '), extra)
  return unverified(open.join('; '), {
    ...extra,
    remedy: 'run it more often or on a quieter machine; see that path or pattern finds the figure',
  })
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

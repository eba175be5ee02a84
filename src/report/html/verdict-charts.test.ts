import { expect, test } from 'vitest'
import { withHostileText } from '../fixtures/example-run.ts'
import { HOSTILE, skeletonOf } from '../fixtures/skeleton.ts'
import { verdictRule, verdictRun } from '../fixtures/verdict-run.ts'
import { renderHtml } from '../html.ts'
import { renderMarkdown } from '../markdown.ts'
import { buildReport } from '../model.ts'
import type { IntervalPoint, ReportVerdict } from '../verdict/shape.ts'
import { renderVerdictCharts } from './verdict-charts.ts'

const worse = verdictRun({ errorShare: 0.05, options: { latency: null } })
const quiet = verdictRun({ requestsPerSecond: 4 })
const model = buildReport(worse)

function draw(change: (verdict: ReportVerdict) => void): string[] {
  const verdict = structuredClone(model.verdicts[0]) as ReportVerdict
  change(verdict)
  return renderVerdictCharts(verdict, model, 'v').map(String)
}

function drawInterval(stretches: IntervalPoint[][]): string {
  const charts = draw(({ metrics }) => {
    const interval = metrics[0]?.interval
    if (interval) Object.assign(interval, { stretches, last: stretches.at(-1)?.at(-1) })
  })
  return charts[1] ?? ''
}

test('the evidence has its threshold, the moment it was reached, the rollback and powers of ten', () => {
  const [evidence = ''] = draw(() => {})
  expect(evidence).toContain('worse from 100:1</text')
  expect(evidence.match(/class="crossing"/g)).toHaveLength(1)
  expect(evidence.match(/class="marker"/g)).toHaveLength(1)
  for (const odds of ['1:1', '10:1', '100:1']) expect(evidence).toMatch(new RegExp(`>\\s*${odds}</text`))
  expect(evidence).toMatch(/<title[^>]*>[^<]*shown worse at 10:15:\d\d; worse from 100:1<\/title/)
})

test('what never reached it has no crossing, and changes of stage are marked', () => {
  const charts = renderVerdictCharts(buildReport(quiet).verdicts[0] as ReportVerdict, buildReport(quiet), 'v').map(
    String,
  )
  expect(charts[0]).not.toContain('class="crossing"')
  expect(charts[0]).toContain('not shown worse')
  expect(charts[0]?.match(/class="stage-mark"/g)).toHaveLength(2)
})

test('a metric that was not judged is not drawn', () => {
  expect(draw(({ metrics }) => Object.assign(metrics[0] ?? {}, { judgement: 'not-judged' }))).toEqual([])
})

test('an open end of the interval reaches to the edge and has no line along it', () => {
  const chart = drawInterval([
    [
      { at: 0, low: null, high: null },
      { at: 1000, low: 0.5, high: null },
      { at: 2000, low: 1, high: 4 },
    ],
  ])
  const band = /class="interval" d="([^"]*)"/.exec(chart)?.[1] ?? ''
  expect(band.match(/ 24(?=L)/g)).toHaveLength(2)
  expect(band.match(/ 186(?=[LZ])/g)).toHaveLength(1)
  const lines = [...chart.matchAll(/class="line candidate thin" d="([^"]*)"/g)].map(([, path]) => path)
  expect(lines.map((path) => path?.match(/[ML]/g)?.join(''))).toEqual(['ML', 'M'])
})

test('a gap parts the band, and a lone look is still to be seen', () => {
  const chart = drawInterval([[{ at: 0, low: 0.5, high: 2 }], [{ at: 9000, low: 0.9, high: 1.1 }]])
  expect(chart.match(/class="interval" d=/g)).toHaveLength(2)
  expect(chart).not.toMatch(/NaN|Infinity|undefined|d=""(?! )/)
})

test('whatever was recorded, coordinates are numbers', () => {
  for (const value of [-400, 0, 400]) {
    const charts = draw(({ metrics }) => {
      const evidence = metrics[0]?.evidence
      const at = 5
      if (evidence) Object.assign(evidence, { points: [{ at, value }], last: { at, value }, peak: { at, value } })
    })
    expect(charts.join('')).not.toMatch(/NaN|Infinity|undefined/)
  }
  expect(drawInterval([[{ at: 5, low: 1e-12, high: 1e12 }]])).not.toMatch(/NaN|Infinity|undefined/)
})

test.each(HOSTILE)('text of the plan and the ledger stays text: %j', (text) => {
  const page = (words: string): string[] => skeletonOf(renderHtml(buildReport(withHostileText(worse, words))))
  expect(page(text)).toEqual(page('harmless'))
})

test('an undecided verdict is nowhere green: not in its section, not in the table of guards', () => {
  const html = renderHtml(buildReport(quiet))
  const verdict = /<section aria-labelledby="verdict">.*?<\/section>/s.exec(html)?.[0] ?? ''
  expect(verdict).toContain('class="status warning">undecided')
  expect(verdict).not.toContain('status good')
  expect(html).toContain('class="status warning">did not trip, undecided')
})

test('Markdown tells the same in tables', () => {
  const markdown = renderMarkdown(buildReport(quiet))
  expect(markdown).toContain('\n## Verdict\n')
  expect(markdown).toMatch(/\| Errors \| undecided \| canary errors .*\| 200:1 \| /)
  expect(markdown).toMatch(/\| majority \(50 %\) \| Response times \| \S+:1 \| \S+:1 \| /)
  expect(markdown).toContain('did not trip, undecided')
})

test('a guard without recorded evidence says that there is nothing to draw', () => {
  const plan = { ...worse.plan, guards: [verdictRule({})] }
  const html = renderHtml(buildReport({ ...worse, plan, samples: [], ledger: [] }))
  expect(html).toContain('No evidence was recorded: there is nothing to draw.')
  expect(html).toContain('class="status warning">never judged')
})

import { describe, expect, test } from 'vitest'
import { rolledBackRun, succeededRun, withHostileText } from './fixtures/example-run.ts'
import { HOSTILE, skeletonOf } from './fixtures/skeleton.ts'
import { renderHtml } from './html.ts'
import { buildReport } from './model.ts'

const runs = { succeeded: succeededRun, 'rolled back': rolledBackRun }

describe.each(Object.entries(runs))('HTML of a run that %s', (_name, makeRun) => {
  const page = renderHtml(buildReport(makeRun()))

  test('asks for nothing from outside and runs no script', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base)\b/i)
    expect(page).not.toMatch(/\b(src|srcset|action)=/i)
    expect(page).not.toMatch(/https?:|url\(|@import/i)
    expect(page).toContain('content="default-src &#39;none&#39;')
    for (const [, target] of page.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^#/)
  })

  test('leads from its contents to every section, by unique ids', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target)
    for (const [, label] of page.matchAll(/aria-labelledby="([^"]*)"/g)) expect(ids).toContain(label)
    expect(page.match(/<section aria-labelledby/g)?.length).toBe(page.match(/<h2/g)?.length)
  })

  test('can be read without eyes: one first heading, scoped table heads, named pictures', () => {
    expect(page.match(/<h1/g)).toHaveLength(1)
    for (const [head] of page.matchAll(/<th\b[^>]*>/g)) expect(head).toMatch(/scope="(col|row)"/)
    for (const [picture] of page.matchAll(/<svg[^>]*>/g)) expect(picture).toMatch(/role="img"|aria-hidden="true"/)
    expect(page).toContain('<html lang="en">')
  })

  test.each(HOSTILE)('keeps text of the document text: %j', (text) => {
    const harmless = renderHtml(buildReport(withHostileText(makeRun(), 'harmless')))
    const hostile = renderHtml(buildReport(withHostileText(makeRun(), text)))
    expect(skeletonOf(hostile)).toEqual(skeletonOf(harmless))
    // oxlint-disable-next-line no-control-regex
    expect(hostile).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e\ud800-\udfff]/)
  })
})

test('the page of a rolled-back run tells what tripped, on which sample, and how fast traffic was back', () => {
  const page = renderHtml(buildReport(rolledBackRun()))
  expect(page).toContain('<h2 id="incident">Incident</h2>')
  expect(page).toContain('error rate of v2 was 100 % (bad: &gt; 50 %), 1 sample, 61 requests')
  expect(page).toMatch(/From sample to traffic back<\/dt>\s*<dd>240 ms/)
  expect(page).toContain('class="marker"')
  expect(page).toMatch(/class="status bad">rolled back|<dd class="bad">rolled back/)
})

test('the page of a clean run has no incident and says that it was a rehearsal', () => {
  const page = renderHtml(buildReport(succeededRun()))
  expect(page).not.toContain('id="incident"')
  expect(page).toContain('This was a rehearsal: waits were divided by 180.')
})

test('evidence is shown as text, and evidence that is gone is named', () => {
  const run = succeededRun()
  expect(renderHtml(buildReport(run))).toContain('+PONG &lt;script&gt;alert(&quot;evidence&quot;)&lt;/script&gt;')
  const page = renderHtml(buildReport({ ...run, evidence: () => null }))
  expect(page).toContain('missing, or changed since it was recorded')
})

test('a run without delivery and samples has no empty sections', () => {
  const run = succeededRun()
  const page = renderHtml(buildReport({ ...run, plan: { ...run.plan, delivery: null, guards: [] }, samples: [] }))
  expect(page).not.toContain('id="metrics"')
  expect(page).not.toContain('id="guards"')
  expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/)
})

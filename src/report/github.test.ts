import { describe, expect, it } from 'vitest'
import { checkedItem, checkedRelease } from './checked.fixture.ts'
import { renderAnnotations, renderJobSummary } from './github.ts'

describe('annotations of GitHub Actions', () => {
  it('are errors, then warnings, then a notice with the verdict; nothing for what passed or was skipped', () => {
    expect(renderAnnotations(checkedRelease()).split('\n')).toEqual([
      '::error file=docs/RELEASE CHECKLIST.md,line=14,title=Health%2C 50%25%3A ok::status 500,%0Anot 200: 100%25 wrong%0AHow to fix: read its log',
      '::error title=Error rate::this guard cannot turn red: it never trips',
      '::warning file=docs/RELEASE CHECKLIST.md,line=15,title=At least 5 GB free::no answer',
      '::warning file=docs/RELEASE CHECKLIST.md,line=18,title=The moon is up::nobody said how to verify it%0Abind it: "gonogo bind", or waive it with a reason',
      '::notice title=gonogo%3A NO-GO::1 passed, 1 failed, 1 unverified, 1 skipped, 1 not bound to anything, 1 guard that cannot turn red',
      '',
    ])
  })

  it('stay one line and one command each, whatever the words of others are', () => {
    const evil = 'a\n::error::planted\r\n::stop-commands::x\u001b[31m,line=1::b%0A'
    const items = [checkedItem({ status: 'failed', text: evil, summary: evil, remedy: evil })]
    const lines = renderAnnotations(checkedRelease({ items, unbound: [], blindGuards: [] }))
      .trimEnd()
      .split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/^::error file=[^,]*,line=12,title=[^,:]*::/)
    // oxlint-disable-next-line no-control-regex
    expect(lines.join('')).not.toMatch(/[\r\u001b]/)
    expect(lines[0]).toContain('%250A')
  })
})

describe('the job summary', () => {
  it('has the verdict on top and a table for each phase', () => {
    const text = renderJobSummary(checkedRelease())
    expect(text).toMatch(/^## ✗ NO-GO: shop to production\n/)
    expect(text).toContain('### Before\n\n| Status | Item | Result | Took |')
    expect(text).toContain('| ✓ passed | At least 5 GB free | free 82.1 GB, at least 5 GB wanted | 12 ms |')
    expect(text).toContain('| ? unverified | The moon is up | line 18 |')
    expect(text).toContain('| ✗ failed | Error rate |')
    expect(renderJobSummary(checkedRelease({ cancelled: true }))).toContain('stopped before everything was looked at')
  })

  it('makes neither markup, HTML, mentions nor references of the words of others', () => {
    const evil = '<img src=x onerror=y> @octocat #42 **bold** [a](http://b) | `c` ![d](e)\n## heading\n<!-- f -->'
    const items = [checkedItem({ text: evil, summary: evil, phase: evil })]
    const text = renderJobSummary(checkedRelease({ items, unbound: [], blindGuards: [], service: evil }))
    expect(text).not.toMatch(/(?<!\\)[<`[*]/)
    expect(text).not.toMatch(/@(?!&#8203;)/)
    expect(text).not.toMatch(/\\#\d/)
    expect(text.match(/^#+ /gm)).toHaveLength(2)
    const row = text.split('\n').find((line) => line.startsWith('| ✓')) ?? ''
    expect(row.split(/(?<!\\)\|/)).toHaveLength(6)
  })

  it('stays below its bound: what passed is left out first, then what does not fit, and it says so', () => {
    const passed = Array.from({ length: 400 }, (_, n) => checkedItem({ id: `a/${n}`, text: `Passed ${n}` }))
    const failed = Array.from({ length: 60 }, (_, n) =>
      checkedItem({ id: `b/${n}`, text: `Failed ${n}`, status: 'failed', remedy: 'repair it' }),
    )
    const checked = checkedRelease({ items: [...passed, ...failed], unbound: [], blindGuards: [] })
    const short = renderJobSummary(checked, 12_000)
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(12_000)
    expect(short).toContain('Failed 59')
    expect(short).toContain('What passed or was skipped is left out')
    expect(short).not.toContain('Passed 0')
    const shorter = renderJobSummary(checked, 3_000)
    expect(Buffer.byteLength(shorter)).toBeLessThanOrEqual(3_000)
    expect(shorter).toMatch(/NO-GO/)
    expect(shorter).toContain('There is more than fits here')
    expect(shorter).not.toContain('Failed 59')
  })
})

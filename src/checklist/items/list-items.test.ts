import { describe, expect, it } from 'vitest'
import { readChecklist } from '../read.ts'

/** The entries under a heading that are items, of a document that has boxes. */
function itemsUnder(heading: string, ...bullets: string[]): string[] {
  const text = `# Release\n\n## ${heading}\n\n${bullets.map((bullet) => `- ${bullet}`).join('\n')}\n\n## Start\n\n- [ ] Somebody is there\n`
  return readChecklist('release.md', Buffer.from(text))
    .items.map((item) => item.text)
    .filter((words) => words !== 'Somebody is there')
}

describe('bullets without a box in a document of boxes', () => {
  it.each([
    ['readiness', 'Prerequisites'],
    ['execute', 'Deployment steps'],
    ['verify', 'Post-deployment verification'],
    ['success', 'Success criteria'],
    ['rollback', 'Rollback procedure'],
  ])('are items where they state a figure: %s', (_kind, heading) => {
    expect(itemsUnder(heading, 'Checkout faults < 2%')).toEqual(['Checkout faults < 2%'])
  })

  it.each([
    ['readiness', 'Prerequisites'],
    ['execute', 'Deployment steps'],
    ['verify', 'Post-deployment verification'],
    ['rollback', 'Rollback procedure'],
  ])('are words where they state none: %s', (_kind, heading) => {
    expect(itemsUnder(heading, 'The wiki has more about this')).toEqual([])
  })

  it.each([
    ['people to call', 'Contacts'],
    ['words about the document', 'Overview'],
  ])('are words under %s, figure or not', (_kind, heading) => {
    expect(itemsUnder(heading, 'Checkout faults < 2%')).toEqual([])
  })

  it('stay words where the figure is no bound', () => {
    expect(itemsUnder('Post-deployment verification', 'The service listens on port 8080')).toEqual([])
  })
})

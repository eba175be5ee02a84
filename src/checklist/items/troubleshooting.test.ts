import { describe, expect, it } from 'vitest'
import { readChecklist } from '../read.ts'

const CHECKS =
  '## Post-deployment\n\n- [ ] Database connections healthy\n- [ ] Memory usage < 80%\n- [ ] Error rate < 1%\n- [ ] Checkout page loads\n- [ ] Team informed\n'
const read = (troubles: string) => {
  const { items, troubleshooting, phases } = readChecklist(
    'a.md',
    Buffer.from(`# R\n\n${CHECKS}\n## Troubleshooting\n\n${troubles}\n`),
  )
  return troubleshooting.map(({ symptom, line, phase, items: about }) => ({
    symptom,
    line,
    phase: phases.find(({ id }) => id === phase)?.title,
    about: about.map((id) => items.find((item) => item.id === id)?.text),
  }))
}

describe('troubleshooting', () => {
  it('is attached to the items that its symptom is about', () => {
    expect(
      read('### Postgres connection fails\n\n1. Look at the pool\n\n### High memory usage\n\n1. Look at the heap'),
    ).toEqual([
      {
        symptom: 'Postgres connection fails',
        line: 13,
        phase: 'Postgres connection fails',
        about: ['Database connections healthy'],
      },
      { symptom: 'High memory usage', line: 17, phase: 'High memory usage', about: ['Memory usage < 80%'] },
    ])
  })

  it('names its symptoms in headings, behind "Issue:", in bold lines and in front of arrows', () => {
    expect(read('**Issue**: error rate spikes\n\n**Solution**: wait')[0]).toMatchObject({
      symptom: 'error rate spikes',
      about: ['Error rate < 1%'],
    })
    expect(read('#### Common issues\n\n**Checkout page not loading:**\n\n- clear the cache')[0]).toMatchObject({
      symptom: 'Checkout page not loading',
      phase: 'Common issues',
      about: ['Checkout page loads'],
    })
    expect(read('- Out of memory → use fewer workers')[0]).toMatchObject({
      symptom: 'Out of memory',
      about: ['Memory usage < 80%'],
    })
  })

  it('abstains where words leave it open', () => {
    expect(read('### Something fails\n\n1. Look around')).toMatchObject([{ about: [] }])
    expect(read('### Important log locations\n\n1. /var/log')).toEqual([])
    expect(read('### The page is slow\n\n1. Wait')).toMatchObject([{ about: [] }])
  })
})

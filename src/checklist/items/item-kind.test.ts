import { describe, expect, it } from 'vitest'
import type { Item } from '../../plan/plan.ts'
import { readChecklist } from '../read.ts'

function itemsOf(...lines: string[]): Item[] {
  return readChecklist('list.md', new TextEncoder().encode(`# Service\n\n${lines.join('\n')}\n`)).items
}

const boxed = (heading: string, line: string, ...below: string[]): Item | undefined =>
  itemsOf(`## ${heading}`, '', `- [ ] ${line}`, ...below).find(({ box }) => box !== null)

const fenced = (line: string, command: string): Item | undefined =>
  boxed('Checks', line, '  ```bash', `  ${command}`, '  ```')

describe('the kind of an item', () => {
  it.each([
    ['Sync status: PASS/FAIL', 'check'],
    ['Backup taken: Yes/No', 'check'],
    ['Outcome: SUCCESS / PARTIAL / FAILED', 'record'],
    ['Overall: `STABLE / NEEDS ATTENTION`', 'record'],
    ['Sync the catalogue', 'action'],
    ['Run `npm run build`', 'action'],
    ['List the pods: `kubectl get pods`', 'check'],
    ['Change into the folder: `cd app`', 'action'],
  ])('%s: %s', (line, kind) => expect(boxed('Checks', line)?.kind).toBe(kind))

  it.each([
    ['what trying shows is checked with the command below', 'Package installs', 'npm pack', 'check'],
    ['what is done is done with it', 'Package published', 'npm publish', 'action'],
    ['to look is no order where the command tries', 'Verify the package', 'npm test', 'check'],
  ])('%s', (_, line, command, kind) => expect(fenced(line, command)?.kind).toBe(kind))

  it('among boxes to sign is a check where a machine can tell', () => {
    expect(boxed('Sign-off', 'Audit logging enabled')).toMatchObject({ kind: 'check', verifiable: 'machine' })
    expect(boxed('Sign-off', 'Head of operations')?.kind).toBe('poll')
    expect(boxed('Sign-off', '**Platform Engineer**: cluster healthy')?.kind).toBe('poll')
  })

  it('is a record where somebody writes down what came of it all, in whatever words', () => {
    const kinds = itemsOf(
      '## Afterwards',
      '',
      '- **Release Status:** `DONE / HALF DONE / TAKEN BACK`',
      '- **Service status:** `Yes / No`',
    ).map(({ kind }) => kind)
    expect(kinds).toEqual(['record', 'check'])
  })

  it('is an action if, and only if, it is verifiable as one', () => {
    const items = itemsOf(
      '## Checks',
      '',
      ...['Deploy the API', 'Sync status: PASS/FAIL', 'Cancel orders: Yes / No', 'Complete system failure'].map(
        (line) => `- [ ] ${line}`,
      ),
      '',
      '## Roll back if',
      '',
      '- Complete system failure',
      '',
      '## Deploy',
      '',
      '```bash',
      '# Gather figures',
      '# Write them down',
      '',
      'cd app',
      '```',
    )
    expect(items.filter(({ kind }) => kind === 'action').length).toBeGreaterThan(1)
    for (const { kind, verifiable } of items) expect(verifiable === 'action').toBe(kind === 'action')
  })
})

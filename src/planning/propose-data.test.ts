import { describe, expect, it } from 'vitest'
import { planRelease } from './plan-release.ts'
import { written } from './planning.fixture.ts'
import { proposeBindings } from './propose.ts'

const DATA = `
databases: { graph: { kind: sqlite, path: graph.db } }
rules:
  orphaned-relationships: { kind: reference, column: relationships.source_id, references: entities.id }
  duplicate-semantic-ids: { kind: duplicate-groups, column: relationships.semantic_id, max: 4 }
backups: { graph: { kind: sqlite, database: graph.db } }
`

function proposedFor(line: string, config = DATA): Record<string, unknown> | undefined {
  const { project, checklist, id } = written(`# Release\n\n## Pre-deployment checks\n\n- [ ] ${line}\n`, config)
  const plan = planRelease({ project, checklist })
  return proposeBindings(checklist, plan, project.config).get(id(line.slice(0, 8)))?.entry
}

describe('an item about the data', () => {
  it.each([
    ['Orphaned relationships: 0', { check: 'consistency', with: { rules: ['orphaned-relationships'] } }],
    ['Duplicate semantic ID groups < 5', { check: 'consistency', with: { rules: ['duplicate-semantic-ids'] } }],
    ['Data consistency validated', { check: 'consistency' }],
    ['Validation success rate > 95%', { check: 'consistency', with: { successPercentMin: 95 } }],
    ['Latest backup is less than 1 hour old', { check: 'backup-age', with: { backup: 'graph', ageMax: '1 h' } }],
    ['RPO < 15 minutes', { check: 'backup-age', with: { backup: 'graph', ageMax: '15 min' } }],
  ])('gets the check that knows it: %s', (line, entry) => {
    expect(proposedFor(line)).toEqual(entry)
  })

  it.each([
    'Data consistency job is scheduled nightly',
    'Relationships page loads',
    'Latest backup is stored off-site',
    'RPO agreed with the business',
  ])('gets none where the words mean something else: %s', (line) => {
    expect(String(proposedFor(line)?.check)).not.toMatch(/consistency|backup-age/)
  })

  it('gets none where nothing is declared', () => {
    expect(proposedFor('Data consistency validated', 'people: {}\n')).toBeUndefined()
  })
})

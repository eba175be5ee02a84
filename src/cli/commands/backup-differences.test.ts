// What a restore would lose, as a person reads it.
import { expect, it } from 'vitest'
import type { TableDifference } from '../../backups/backup.ts'
import { differencesText } from './backup-differences.ts'

const users: TableDifference = {
  table: 'users',
  key: ['id'],
  inserted: 1204,
  changed: 2,
  deleted: 0,
  samples: [
    { change: 'inserted', row: { name: 'Ann\nLee', id: 7, mail: null } },
    { change: 'changed', row: { name: 'x'.repeat(100), id: 12, mail: 'b@x' } },
  ],
  note: null,
}
const log: TableDifference = { ...users, table: 'log', key: null, inserted: 3, changed: 0, samples: [], note: 'no key' }

it('is a table of counts and the first rows, key first, cut to fit, in columns', () => {
  expect(differencesText([users, log], false).join('\n'))
    .toBe(`  table  new (lost)  changed (put back)  deleted (come back)
  users  1204        2                   0
  log    3           0                   0                    no key
  users
       id  name                          mail
    +  7   Ann Lee                       null
    ~  12  ${'x'.repeat(27)}…  b@x`)
})

it('says which new rows are lost although newer ones are kept', () => {
  const [counts = ''] = differencesText([users, log], true)
  expect(counts).toMatch(/new \(kept\)/)
  expect(counts).toMatch(/users +1204 /)
  expect(counts).toMatch(/log +3 \(lost\)/)
})

it('is nothing where nothing differs, and steers no terminal', () => {
  expect(differencesText([], false)).toEqual([])
  const hostile: TableDifference = {
    ...users,
    table: 'a\u001B[2Jb',
    samples: [{ change: 'inserted', row: { id: '\u001B]0;x\u0007' } }],
  }
  // oxlint-disable-next-line no-control-regex -- that is what must not be there
  expect(differencesText([hostile], false).join('\n')).not.toMatch(/[\u001B\u0007]/)
})

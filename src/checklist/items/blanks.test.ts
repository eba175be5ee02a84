import { describe, expect, it } from 'vitest'
import type { Blank } from '../../plan/plan.ts'
import { readBlanks } from './blanks.ts'
import { decode } from '../markdown/decode.ts'

/** The blanks of a text: what stands there now, name, label, unit and target in words. */
function blanksOf(text: string): [string, string, string, string | null, string | null][] {
  const bytes = Buffer.from(text)
  const said = ({ target }: Blank): string | null =>
    target ? `${target.operator} ${target.value} ${target.unit}` : null
  return readBlanks(decode('list.md', bytes), 0, text.length).map((blank) => [
    bytes.subarray(blank.range.start, blank.range.end).toString(),
    blank.name,
    blank.label,
    blank.unit,
    said(blank),
  ])
}

describe('places to be filled in', () => {
  it.each<[string, ...ReturnType<typeof blanksOf>]>([
    ['Lead: ____', ['____', 'signature', 'Lead', null, null]],
    ['Build: `_______`', ['_______', 'value', 'Build', null, null]],
    ['- [ ] p95: `_____ ms` (target: < 500ms)', ['_____', 'value', 'p95', 'ms', '< 500 ms']],
    ['Wait: ____ ms (target: < 500)', ['____', 'value', 'Wait', 'ms', '< 500 ms']],
    ['Wait: `____ s` (< 2)', ['____', 'value', 'Wait', 's', '< 2000 ms']],
    ['Took (min): ____', ['____', 'value', 'Took (min)', 'min', null]],
    ['Fault rate: __%', ['__', 'value', 'Fault rate', '%', null]],
    ['Spent: $_____', ['_____', 'value', 'Spent', '$', null]],
    ['Room: (____)', ['____', 'value', 'Room', null, null]],
    ['Day of release: ___/___/____', ['___/___/____', 'value', 'Day of release', null, null]],
    ['Start time: __:__', ['__:__', 'time', 'Start time', null, null]],
    ['Date: YYYY-MM-DD', ['YYYY-MM-DD', 'date', 'Date', null, null]],
    ['Reviewer: ..........', ['..........', 'value', 'Reviewer', null, null]],
    ['Owner: [Team Lead]', ['[Team Lead]', 'signature', 'Owner', null, null]],
    ['Hit rate: [XX.X]%', ['[XX.X]', 'value', 'Hit rate', '%', null]],
    ['**By**: **\\*\\***\\_\\_\\_**\\*\\***', ['**\\*\\***\\_\\_\\_**\\*\\***', 'value', 'By', null, null]],
    ['**Deployed by**: ', [' ', 'value', 'Deployed by', null, null]],
    ['Signature:', ['', 'signature', 'Signature', null, null]],
    [
      'Name: ____ Title: ____ Date: ____',
      ['____', 'name', 'Name', null, null],
      ['____', 'title', 'Title', null, null],
      ['____', 'date', 'Date', null, null],
    ],
    [
      'Signature:        Date:    ',
      ['        ', 'signature', 'Signature', null, null],
      [' ', 'date', 'Date', null, null],
    ],
    [
      'Version `____`, commit `____`',
      ['____', 'version', 'Version', null, null],
      ['____', 'commit', 'commit', null, null],
    ],
    [
      'Seen by [Your Name] on [DATE]',
      ['[Your Name]', 'seen-by', 'Seen by', null, null],
      ['[DATE]', 'on', 'on', null, null],
    ],
  ])('%s', (text, ...blanks) => expect(blanksOf(text)).toEqual(blanks))

  it.each([
    'see [Name](people.md)',
    'see [Name][people]',
    '[ ] name of the box',
    'Status: [x] done',
    'snake__case and __bold__ words',
    '`cp [NAME] backup/`',
    '`restore [backup-timestamp]`',
    'Tags: [blue]',
    'Introduction ......... 5',
    'Deployed by: Ana',
    'Approved by:\n- Ana',
    'and so on ...',
  ])('finds none in: %s', (text) => expect(blanksOf(text)).toEqual([]))
})

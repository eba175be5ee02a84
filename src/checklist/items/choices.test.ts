import { describe, expect, it } from 'vitest'
import { readChoices } from './choices.ts'
import { decode } from '../markdown/decode.ts'

/** The choices of a text: label, options, style and what stands in each mark. */
function choicesOf(text: string): [string, string[], string, string][] {
  const bytes = Buffer.from(text)
  return readChoices(decode('list.md', bytes), 0, text.length).map(({ label, options, style, marks }) => [
    label,
    options,
    style,
    marks.map(({ start, end }) => bytes.subarray(start, end).toString()).join(''),
  ])
}

describe('alternatives of which one is chosen', () => {
  it.each<[string, string, string[], string, string]>([
    ['- Tag pushed: `Yes / No`', 'Tag pushed', ['Yes', 'No'], 'text', ''],
    ['Tag pushed: Yes/No', 'Tag pushed', ['Yes', 'No'], 'text', ''],
    ['Tag pushed? Yes / No / N/A', 'Tag pushed', ['Yes', 'No', 'N/A'], 'text', ''],
    ['Go on (Y/N)', 'Go on', ['Y', 'N'], 'text', ''],
    ['**Smoke tests:** PASS / FAIL', 'Smoke tests:', ['PASS', 'FAIL'], 'text', ''],
    ['Trend: `Rising / Flat / Falling`', 'Trend', ['Rising', 'Flat', 'Falling'], 'text', ''],
    ['State: CALM / NEEDS A LOOK', 'State', ['CALM', 'NEEDS A LOOK'], 'text', ''],
    ['Lights: GREEN / AMBER / RED', 'Lights', ['GREEN', 'AMBER', 'RED'], 'text', ''],
    ['Decision: GO / NO-GO', 'Decision', ['GO', 'NO-GO'], 'text', ''],
    ['Bereit: Ja / Nein', 'Bereit', ['Ja', 'Nein'], 'text', ''],
    ['Готово: Да / Нет', 'Готово', ['Да', 'Нет'], 'text', ''],
    ['Better? ☐ Yes ☐ No ☐ Similar', 'Better', ['Yes', 'No', 'Similar'], 'boxes', '☐☐☐'],
    ['Decision: [ ] GO / [x] NO-GO', 'Decision', ['GO', 'NO-GO'], 'boxes', ' x'],
    ['Mode: ( ) Fast (x) Careful', 'Mode', ['Fast', 'Careful'], 'boxes', ' x'],
  ])('%s', (text, label, options, style, marks) =>
    expect(choicesOf(text)).toEqual([[label.replace(/:$/, ''), options, style, marks]]),
  )

  it.each([
    'Uses CI/CD and/or a webhook',
    'Open `/api / v1`',
    'Built for `dev / stage / prod`',
    'Deploy to QA / STAGING',
    'Owner: QA / SRE',
    'Read/write access given',
    'Choose yes or no later',
    'Go/No-Go meeting held',
    'Pass / Fail criteria agreed',
    'call( ) then close( )',
    '- [ ] a single box',
  ])('finds none in: %s', (text) => expect(choicesOf(text)).toEqual([]))
})

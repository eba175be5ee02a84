// The structure of the five reference documents, reviewed heading by heading: line numbers and kinds, none of their text.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readChecklist } from '../read.ts'

const FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'checklists')

const DOCUMENTS = [
  {
    name: 'bidirectional-sync',
    phases:
      'notes 1,2; readiness 10,35,37,52,77,96,114; execute 142,146,161,189,217,233; verify 258; execute 283; verify 300,302,320,343,363; triggers 395,397,410; verify 423; success 448; sign-off 463,465,472,479',
    triggers: [399, 400, 401, 402, 403, 404, 412, 413, 414, 415, 416],
    alarms: [],
    other: [],
    symptoms: [],
  },
  {
    name: 'blue-green-helm',
    phases:
      'notes 1,3; readiness 13,15,23,32,40,48,56,64,74,76,84,92,100; execute 110; readiness 112; execute 136,159,187; verify 210; rollback 235,237,255,279; verify 291,293,320,346; troubleshooting 374,376,386,397,407,417; success 429; verify 453,455,462,469; contacts 478; reference 490; notes 500',
    triggers: [237, 443, 444, 445, 446, 447, 448, 449],
    alarms: [],
    other: [],
    symptoms: [378, 388, 399, 409, 419],
  },
  {
    name: 'data-consistency-fixes',
    phases:
      'notes 1,2,4; readiness 18,20,31,41,50; execute 61; readiness 63; execute 83,104,125; verify 142,144; triggers 161; verify 176; rollback 191; triggers 193; rollback 202,219; success 229,231,250; troubleshooting 265; contacts 267; rollback 275; troubleshooting 285,294; verify 305,307,316,325,334; troubleshooting 353,355,393; reference 415,417,425; contacts 442; success 452,454,472; notes 483',
    triggers: [196, 197, 198, 199, 200],
    alarms: [164, 165, 166, 167, 168, 171, 172, 173, 174],
    other: [],
    symptoms: [357, 365, 374, 385],
  },
  {
    name: 'event-pipeline-kubernetes',
    phases:
      'notes 1; readiness 3,5,17,28,40,50; execute 60; readiness 62; execute 79,94; verify 108,125,127,137,147,157; rollback 167,169,182; contacts 194,196,201; success 206,208,215,221,226; verify 231; triggers 233; verify 241; readiness 248,250,257; success 264,266,273; sign-off 280',
    triggers: [],
    alarms: [234, 235, 236, 237, 238, 239],
    other: [],
    symptoms: [],
  },
  {
    name: 'integrated-stack',
    phases:
      'notes 1; readiness 3,5,12,19,29,37,44,51,59,66,73; execute 82,84; readiness 108; execute 123,135,150; verify 162,164,172,179; rollback 188,190; contacts 218; success 227',
    triggers: [],
    alarms: [],
    other: [],
    symptoms: [],
  },
]

if (!existsSync(FOLDER)) console.warn(`SKIPPED: the structure of real documents; ${FOLDER} is absent`)

describe.skipIf(!existsSync(FOLDER)).each(DOCUMENTS)('$name', ({ name, phases, triggers, alarms, other, symptoms }) => {
  const checklist = existsSync(FOLDER) ? readChecklist(name, readFileSync(join(FOLDER, `${name}.md`))) : null
  const badStates = (checklist?.items ?? []).filter(({ polarity }) => polarity === 'bad-state')
  const linesOf = (kind: string): number[] => badStates.filter((item) => item.kind === kind).map(({ line }) => line)

  it('has its phases for what they are', () => {
    const wanted = phases.split('; ').flatMap((run) => {
      const [kind = '', lines = ''] = run.split(' ')
      return lines.split(',').map((line) => `${line} ${kind}`)
    })
    expect(checklist?.phases.map(({ line, kind }) => `${line} ${kind}`)).toEqual(wanted)
  })

  it('names its bad states: what it goes back for, what rings, and no others', () => {
    expect(linesOf('trigger')).toEqual(triggers)
    expect(checklist?.triggers).toHaveLength(triggers.length)
    expect(linesOf('watch')).toEqual(alarms)
    expect(badStates.filter(({ kind }) => kind !== 'trigger' && kind !== 'watch').map(({ line }) => line)).toEqual(
      other,
    )
  })

  it('names the symptoms it tells cures for', () => {
    expect(checklist?.troubleshooting.map(({ line }) => line)).toEqual(symptoms)
  })
})

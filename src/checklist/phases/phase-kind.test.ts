import { describe, expect, it } from 'vitest'
import { phaseKindsOf } from './phase-kind.ts'
import { readChecklist } from '../read.ts'
import { readContent } from './section-content.ts'

/** Kinds of the headings of a document told in short: `## Heading` lines, `-` boxes, `*` bullets, `1.` steps, `$` commands. */
function kindsOf(text: string): Record<string, string> {
  const lines = text.split('\n').flatMap((line) => {
    const told = line.trim()
    if (told.startsWith('#')) return ['', told, '']
    if (told.startsWith('- ')) return [`- [ ] ${told.slice(2)}`]
    if (told.startsWith('$ ')) return ['', '```bash', told.slice(2), '```', '']
    return told.startsWith('* ') || /^\d\./.test(told) || told.startsWith('|') ? [told] : ['', told, '']
  })
  const { phases } = readChecklist('release.md', Buffer.from(lines.join('\n')))
  return Object.fromEntries(phases.map(({ title, kind }) => [title, kind]))
}

const under = (heading: string, body: string): string | undefined =>
  kindsOf(`# Deployment checklist\n## ${heading}\n${body}`)[heading]

describe('a heading that says what it is for', () => {
  it.each([
    ['Pre-Deployment', 'readiness'],
    ['Before you deploy', 'readiness'],
    ['Prerequisites', 'readiness'],
    ['Requirements', 'readiness'],
    ['Deployment Steps', 'execute'],
    ['Launch Day', 'execute'],
    ['Traffic switch', 'execute'],
    ['Post-Deployment', 'verify'],
    ['After the release', 'verify'],
    ['Smoke tests', 'verify'],
    ['Follow-up', 'verify'],
    ['Ongoing maintenance', 'verify'],
    ['Rollback plan', 'rollback'],
    ['Back-out procedure', 'rollback'],
    ['When to roll back', 'triggers'],
    ['Abort criteria', 'triggers'],
    ['Success criteria', 'success'],
    ['Definition of done', 'success'],
    ['Sign-off', 'sign-off'],
    ['Go / No-Go', 'sign-off'],
    ['Emergency contacts', 'contacts'],
    ['Escalation path', 'contacts'],
    ['Common problems', 'troubleshooting'],
    ['Incident response', 'troubleshooting'],
    ['Useful commands', 'reference'],
    ['Overview', 'notes'],
    ['Version history', 'notes'],
  ])('"%s" is for %s', (heading, kind) => expect(under(heading, '- it is so\n- that too')).toBe(kind))

  it.each([
    ['部署前检查', 'readiness'],
    ['前提条件', 'readiness'],
    ['公開直前', 'readiness'],
    ['環境設定', 'readiness'],
    ['セキュリティ', 'readiness'],
    ['切替作業', 'execute'],
    ['公開直後', 'verify'],
    ['疎通確認', 'verify'],
    ['切戻し手順', 'rollback'],
    ['切り戻しの判断基準', 'triggers'],
    ['完了条件', 'success'],
    ['リリース判定', 'sign-off'],
    ['問い合わせ', 'contacts'],
    ['よくあるエラー', 'troubleshooting'],
    ['常见问题', 'troubleshooting'],
    ['関連資料', 'reference'],
    ['改訂履歴', 'notes'],
    ['監視設定', 'readiness'],
    ['部署步骤', 'execute'],
    ['デプロイ手順', 'execute'],
    ['リリース後の確認', 'verify'],
    ['롤백 기준', 'triggers'],
    ['배포 전 확인', 'readiness'],
    ['Antes de publicar', 'readiness'],
    ['Después del despliegue', 'verify'],
    ['Pré-requisitos', 'readiness'],
    ['Retour arrière', 'rollback'],
    ['Voraussetzungen', 'readiness'],
    ['Überwachung', 'verify'],
    ['Freigabe', 'sign-off'],
    ['Откат', 'rollback'],
    ['Подготовка', 'readiness'],
    ['Проверка', 'verify'],
    ['Geri alma', 'rollback'],
  ])('also in other languages: "%s" is for %s', (heading, kind) => expect(under(heading, '- a\n- b')).toBe(kind))

  it.each([
    ['Deployment & Hosting', 'readiness'],
    ['Infrastructure and deployment', 'readiness'],
    ['Open high priority issues', 'readiness'],
    ['Authorization and roles', 'readiness'],
    ['Manual steps', 'readiness'],
    ['Trigger the build', 'readiness'],
    ['Automatic triggers', 'triggers'],
    ['Failure indicators', 'triggers'],
    ['Testing the deployment', 'verify'],
    ['Release notes template', 'reference'],
    ['Current state', 'notes'],
    ['New features', 'notes'],
    ['Security reminders', 'notes'],
    ['Expected outcomes', 'success'],
    ['Verification criteria', 'success'],
    ['Before merging', 'readiness'],
    ['Pré-Deploy', 'readiness'],
    ['Pós-Deploy', 'verify'],
    ['Critérios para rollback', 'triggers'],
    ['部署包', 'readiness'],
    ['下一步', 'verify'],
  ])('takes a class of words, not a word: "%s" is for %s', (heading, kind) =>
    expect(under(heading, '- it is so\n- that too')).toBe(kind),
  )
  it('weighs its words instead of taking the first: "Rollback verification" goes back, "Deployment verification" looks', () => {
    expect(under('Rollback verification', '- a')).toBe('rollback')
    expect(under('Deployment verification', '- a')).toBe('verify')
    expect(under('Pre-deployment verification', '- a')).toBe('readiness')
    expect(under('Troubleshooting the rollout', '- a')).toBe('troubleshooting')
    expect(under('Pre-deployment sign-off', '- Staging is fine')).toBe('readiness')
    expect(under('Pre-deployment sign-off', '- QA lead: ______ Date: ____')).toBe('sign-off')
  })
})

describe('a heading that says little', () => {
  it('belongs to before or after the release by where it stands', () => {
    const kinds = kindsOf(
      '# Shop\n## Catalogue\n- a\n## Deployment\n- Deploy it\n## Newsletter\n- c\n## Words\nOnly prose.',
    )
    expect(kinds).toMatchObject({ Catalogue: 'readiness', Deployment: 'execute', Newsletter: 'verify', Words: 'notes' })
  })

  it('between "before" and "after" is the release, where no other is', () => {
    const kinds = kindsOf(
      '# Move\n## Pre-move checks\n## Pre-migration\n- a\n## New server\n- Install it\n## Post-migration\n- c',
    )
    expect(kinds['New server']).toBe('execute')
  })

  it('about a standing requirement is readiness also behind the release; what is told of "before" in its first words too', () => {
    const kinds = kindsOf(
      '# Shop\n## Deployment\n- Deploy it\n## Verification\n- ok\n## Security\n- Headers set\n## Final list\nBefore going live:\n- all done',
    )
    expect(kinds).toMatchObject({ Security: 'readiness', 'Final list': 'readiness' })
  })

  it('takes the kind that most of its parts say', () => {
    const kinds = kindsOf(
      '# Shop\n## If it all goes wrong\n### Rollback the app\n$ make back\n### Rollback the data\n$ make data',
    )
    expect(kinds['If it all goes wrong']).toBe('rollback')
  })

  it('below the title, with nothing to do under it, is a subtitle', () => {
    expect(kindsOf('# Shop\n## Deployment of version 2\nSome words.\n## Checks\n- a')['Deployment of version 2']).toBe(
      'notes',
    )
  })

  it('is a step where steps are counted, and a plan of work where weeks are counted ahead of the launch', () => {
    const steps = kindsOf(
      '# Setup\n## Step 1: Database\n$ make db\n## Step 2: Cache\n$ make cache\n## Step 3: Verify it\n$ make look',
    )
    expect(Object.values(steps)).toEqual(['notes', 'execute', 'execute', 'verify'])
    const weeks = kindsOf(
      '# Plan\n## Week 1: Basics\n- a\n## Week 2: More\n- b\n## Launch day\n- c\n## Week 1 after\n- d',
    )
    expect(weeks).toMatchObject({
      'Week 1: Basics': 'readiness',
      'Week 2: More': 'readiness',
      'Week 1 after': 'verify',
    })
  })
})

describe('a heading named for the release itself', () => {
  it('is a topic where it states what is set up, and the release where it tells what to do', () => {
    const states = '- Pipeline configured\n- Rollback documented\n- Certificates active'
    const kinds = kindsOf(
      `# Shop\n## Deployment\n${states}\n## Security\n- Headers set\n## Post-deployment\n- Watch it`,
    )
    expect(kinds).toMatchObject({ Deployment: 'readiness', Security: 'readiness', 'Post-deployment': 'verify' })
    expect(under('Deployment', '- Build it\n- Push it\n- Restart it')).toBe('execute')
  })
  it('over "before" in its first words is what must be so before', () => {
    expect(under('Deployment list', 'Before deploying to the shop:\n- Key set\n- Backup made')).toBe('readiness')
  })
  it('among parts of which a later one says "after" is the release', () => {
    const kinds = kindsOf(
      '# S\n## Preparation\n### Keys\n- Set it\n### Deployment\n- Push it\n### Post-deployment\n- ok',
    )
    expect(kinds).toMatchObject({ Keys: 'readiness', Deployment: 'execute', 'Post-deployment': 'verify' })
  })
  it('as commands is the release only where nothing else releases', () => {
    const commands = '## Deployment commands\n$ make ship'
    expect(kindsOf(`# S\n${commands}\n## Post-deployment\n- ok`)['Deployment commands']).toBe('execute')
    expect(kindsOf(`# S\n## Deployment\n- Deploy it\n${commands}`)['Deployment commands']).toBe('reference')
  })
})
describe('a verification', () => {
  it('ahead of the release is one of its gates', () => {
    const kinds = kindsOf('# S\n## Function verification\n- Login works\n## Deployment steps\n- Deploy it')
    expect(kinds['Function verification']).toBe('readiness')
  })
})
describe('a plan to go back as a document of its own', () => {
  const kinds = kindsOf(
    '# Rollback plan\n## Current state\nVersion 3.\n## Pre-deployment\n- Backup made\n## Steps\n1. Stop it\n## Switch off a feature\n$ make off\n## Verification\n- It answers\n## When to roll back\n### Consider a rollback\n* Errors > 5%\n## Success criteria\n- Errors < 1%',
  )
  it('is the way back in all that no plain word says otherwise', () => {
    expect(kinds).toMatchObject({
      'Current state': 'notes',
      'Pre-deployment': 'readiness',
      Steps: 'rollback',
      'Switch off a feature': 'rollback',
      Verification: 'rollback',
      'Consider a rollback': 'triggers',
      'Success criteria': 'success',
    })
  })
})
describe('a table', () => {
  const under2 = (columns: string): string | undefined =>
    kindsOf(`# S\n## Checks\n- a\n## Deployment\n- Deploy it\n## Domains\n|${columns}|\n|---|---|\n|a|b|`)['Domains']
  it('without a column to fill in is there to look up', () => {
    expect(under2('Record|Value')).toBe('reference')
    expect(under2('Record|Status')).toBe('verify')
  })
})
describe('a section that only its place makes a preparation', () => {
  it('leaves its parts what they say', () => {
    const kinds = kindsOf('# Shop\n## Remaining work\n### Settings\n- Set it\n### Backend deployment\n- Deploy it')
    expect(kinds).toMatchObject({ Settings: 'readiness', 'Backend deployment': 'execute' })
  })
})

describe('what stands under a heading', () => {
  it('tells monitoring that is set up from monitoring that is done', () => {
    expect(under('Monitoring', '- Error rate < 1%\n- Latency < 200ms')).toBe('verify')
    expect(under('Monitoring setup', '- Dashboards created\n- Alerts configured')).toBe('readiness')
  })

  it('tells alarms that call for action from alarms that are set up', () => {
    expect(under('Alert thresholds', '- CPU > 90%\n- Error rate > 5%\n- Queue unreachable')).toBe('triggers')
    expect(under('Alerts', '- Alerts configured for errors\n- Paging tested')).toBe('readiness')
  })

  it('tells a release from the look at one, and signatures and telephone numbers from anything', () => {
    const looked = kindsOf(
      '# R\n## Release to npm\n- Publish it\n- Tag it\n## Release to PyPI\n- Check the page\n- Verify the wheel',
    )
    expect(looked).toMatchObject({ 'Release to npm': 'execute', 'Release to PyPI': 'verify' })
    expect(under('Closing', 'Signature: ______ Date: ____\nSignature: ______ Date: ____')).toBe('sign-off')
    const people = kindsOf('# R\n## Work\n- a\n## People\n* Ann: +49 170 1234567\n* Bob: bob@shop.test')
    expect(people['People']).toBe('contacts')
    const dated = kindsOf('# R\n## Work\n- a\n## Preview\nSince 2026-06-12 branch 20260612093000 has one.')
    expect(dated['Preview']).toBe('notes')
  })
})

describe('parts', () => {
  const within = (parent: string, child: string, body = '- a\n- b'): string | undefined =>
    kindsOf(`# Shop\n## ${parent}\n### ${child}\n${body}`)[child]

  it.each([
    ['Pre-Deployment', 'Security validation', 'readiness'],
    ['Pre-Deployment', 'Rollback plan', 'readiness'],
    ['Pre-Deployment', 'Monitoring', 'readiness'],
    ['Deployment steps', 'Database migration', 'execute'],
    ['Deployment steps', 'Monitoring setup', 'execute'],
    ['Deployment steps', 'Integration tests', 'verify'],
    ['Deployment steps', 'Pre-deployment checks', 'readiness'],
    ['Deployment steps', 'Schedule the clean-up', 'execute'],
    ['Deployment steps', 'Check the deployment in the console', 'verify'],
    ['Deployment steps', 'Final checks', 'verify'],
    ['Deployment steps', 'Final preparations', 'readiness'],
    ['Pre-Deployment', 'Rollback documented', 'readiness'],
    ['Overview', 'Deployment safety', 'notes', '* Flags are used\n* Never on Fridays\n## Checks\n- a'],
    ['Go / No-Go', 'No-go criteria', 'triggers', '* Audit failed\n* Backups untested'],
    ['Appendix', 'Version history', 'notes', '|Version|Date|\n|---|---|\n|1|May|\n## Checks\n- a'],
    ['Post-Deployment', 'Documentation', 'verify'],
    ['Post-Deployment', 'Rollback triggers', 'triggers'],
    ['Rollback', 'Verification', 'rollback'],
    ['Rollback', 'Emergency contacts', 'contacts'],
    ['Troubleshooting', 'Database connection fails', 'troubleshooting'],
    ['Success criteria', 'Performance', 'success'],
    ['Sign-off', 'Product owner', 'sign-off'],
  ])('below "%s", "%s" is for %s', (parent, child, kind, body?: string) =>
    expect(within(parent, child, body)).toBe(kind),
  )

  it('a way back that is told in commands is one also below the preparations', () => {
    expect(within('Pre-Deployment', 'Rollback plan', '$ make back')).toBe('rollback')
  })

  it('behind a part that says "after" are after it', () => {
    const kinds = kindsOf(
      '# S\n## Deployment\n### App\n- Deploy it\n### Post-deployment\n- ok\n### Newsletter\n- Send it',
    )
    expect(kinds).toMatchObject({ App: 'execute', 'Post-deployment': 'verify', Newsletter: 'verify' })
  })
})

describe('a document of production readiness', () => {
  it('is readiness up to the section that says "after"', () => {
    const kinds = kindsOf(
      '# Production readiness\n## Deployment ✅\n- Pipeline builds\n- Try the way back\n## Docs\n- Guides written\n## Post-launch\n- Watch it\n## A month later\n- Review it\n## Success metrics\n- p95 < 1s',
    )
    expect(kinds).toMatchObject({
      'Deployment ✅': 'readiness',
      Docs: 'readiness',
      'Post-launch': 'verify',
      'A month later': 'verify',
      'Success metrics': 'success',
    })
  })
  it('has its release where steps of one are told', () => {
    const kinds = kindsOf('# Production readiness\n## Checks\n- a\n## Deployment steps\n1. Deploy it\n$ make ship')
    expect(kinds).toMatchObject({ Checks: 'readiness', 'Deployment steps': 'execute' })
  })
})
describe('a document of production readiness without a when', () => {
  const kinds = kindsOf(
    '# Production readiness review\n## Release process\n- Is it automated?\n## Monitoring\n- Dashboards?\n## On-call and incident response\n- Who is on call?\n## Notes\nWords.',
  )

  it('is readiness throughout', () => {
    expect(kinds).toMatchObject({
      'Release process': 'readiness',
      Monitoring: 'readiness',
      'On-call and incident response': 'readiness',
      Notes: 'notes',
    })
  })
})

it('says why in a sentence', () => {
  const content = readContent([])
  const verdicts = phaseKindsOf(
    ['Deployment', 'Rollback plan', 'Words'].map((title, index) => ({
      title,
      level: index === 0 ? 1 : 2,
      anchor: null,
      content,
    })),
  )
  expect(verdicts.map(({ kind, why }) => [kind, why])).toEqual([
    ['notes', 'it names the document'],
    ['rollback', 'its heading says so: "rollback"'],
    ['notes', 'nothing to do stands under it'],
  ])
})

it('reads tens of thousands of headings', () => {
  const content = readContent([])
  const summaries = Array.from({ length: 50_000 }, (_, index) => ({
    title: `Part ${index}`,
    level: 1 + (index % 6),
    anchor: null,
    content,
  }))
  expect(phaseKindsOf(summaries)).toHaveLength(50_000)
})

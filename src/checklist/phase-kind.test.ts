import { describe, expect, it } from 'vitest'
import { phaseKindsOf } from './phase-kind.ts'
import { readChecklist } from './read.ts'
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
    ['Post-Deployment', 'Documentation', 'verify'],
    ['Post-Deployment', 'Rollback triggers', 'triggers'],
    ['Rollback', 'Verification', 'rollback'],
    ['Rollback', 'Emergency contacts', 'contacts'],
    ['Troubleshooting', 'Database connection fails', 'troubleshooting'],
    ['Success criteria', 'Performance', 'success'],
    ['Sign-off', 'Product owner', 'sign-off'],
  ])('below "%s", "%s" is for %s', (parent, child, kind) => expect(within(parent, child)).toBe(kind))

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

it('takes time linear in the headings', () => {
  const content = readContent([])
  const summaries = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      title: `Part ${index}`,
      level: 1 + (index % 6),
      anchor: null,
      content,
    }))
  const timeMs = (count: number): number => {
    const startedAt = performance.now()
    expect(phaseKindsOf(summaries(count))).toHaveLength(count)
    return performance.now() - startedAt
  }
  timeMs(2_000)
  const [small, large] = [timeMs(5_000), timeMs(50_000)]
  // Ten times as many may take ten times as long, and a busy machine three times that; a square would take a hundred times.
  expect(large / small).toBeLessThan(30)
})

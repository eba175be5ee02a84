// How long a command takes to start: the version against bare Node, and the plan of a long document in all.
import { spawnSync } from 'node:child_process'
import { GONOGO, Project } from './fixture/project.ts'
import { median, type Bench, type BenchOptions, type BenchResult } from './result.ts'

const VERSION_RATIO_MAX = 2
const PLAN_MS_MAX = 500
const ITEMS = 500
const SECTIONS = 25

export const bench: Bench = {
  name: 'start',
  summary: `gonogo --version ÷ node -e 0; gonogo plan of a document with ${ITEMS} items`,
  run,
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  await using project = await Project.create({ document: documentOf(), config: configOf })
  const planned = JSON.parse((await project.must('plan', '--format', 'json')).stdout) as {
    items: { binding: { type: string } | null }[]
  }
  const bound = planned.items.filter((item) => item.binding !== null && item.binding.type !== 'unbound').length
  if (planned.items.length < ITEMS || bound < ITEMS)
    throw new Error(
      `the document has ${planned.items.length} items, ${bound} of them bound: this measures something else`,
    )

  const times: Record<'node' | 'version' | 'plan', number[]> = { node: [], version: [], plan: [] }
  for (let round = 0; round < (quick ? 7 : 20); round++) {
    times.node.push(timeNode(project, ['-e', '0']))
    times.version.push(timeNode(project, [GONOGO, '--version']))
    times.plan.push(timeNode(project, [GONOGO, 'plan']))
  }
  progress(`plan: ${times.plan.map(Math.round).join(', ')} ms`)
  return {
    measures: [
      {
        what: 'gonogo --version',
        measured: median(times.version),
        unit: 'ms',
        peer: { name: 'node -e 0', measured: median(times.node) },
        pairedRatio: median(times.version.map((ms, round) => ms / (times.node[round] ?? Number.NaN))),
        target: { atMost: VERSION_RATIO_MAX },
      },
      {
        what: `gonogo plan, ${planned.items.length} items, in all`,
        measured: median(times.plan),
        unit: 'ms',
        target: { atMost: PLAN_MS_MAX },
      },
    ],
    notes: [
      `${times.plan.length} rounds in turns; the first start of each, which fills the compile cache, came before`,
    ],
  }
}

function timeNode(project: Project, args: string[]): number {
  const startedAt = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: project.directory, encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`)
  return performance.now() - startedAt
}

/** Boxes under headings as teams write them, with thresholds, labels, nested boxes and commands between. */
function documentOf(): string {
  const perSection = ITEMS / SECTIONS
  const sections = Array.from({ length: SECTIONS }, (_, section) => {
    const [place, when] =
      section < 15 ? ['Pre-deployment checks of', ''] : ['Post-deployment verification of', ' (first hour)']
    const items = Array.from({ length: perSection }, (_unused, index) => itemText(section, index))
    return `## ${place} part ${section}${when}\n\nWhat matters in part ${section}, and whom to ask about it.\n\n${items.join('\n')}\n`
  })
  return `# Release of a large service\n\n${sections.join('\n')}`
}

function itemText(section: number, index: number): string {
  const name = `${section}.${index}`
  switch (index % 5) {
    case 0:
      return `- [ ] **Load ${name}**: fewer than ${100 + index} requests wait, response time below ${200 + section} ms`
    case 1:
      return `- [ ] Errors of ${name} stay under ${1 + (index % 4)}%`
    case 2:
      return `- [ ] Disk of ${name} has more than ${10 + index} GB free`
    case 3:
      return `- [ ] Variable PART_${section}_${index} is set for ${name}`
    default:
      return `- [ ] Queue ${name} is empty, as this says:\n  \`\`\`bash\n  ./queue --part ${name} --count\n  \`\`\``
  }
}

function configOf(id: (words: string) => string): string {
  const bindings = Array.from({ length: ITEMS }, (_, number) => {
    const name = `${Math.floor(number / (ITEMS / SECTIONS))}.${number % (ITEMS / SECTIONS)}`
    return `  ${id(wordsOf(number, name))}: ${bindingOf(number, name)}`
  })
  return `service: bench
checklist: CHECKLIST.md
people: { release-manager: [ann] }
signals:
  traffic: { kind: router }
bindings:
${bindings.join('\n')}
`
}

/** Words that only this item has. */
function wordsOf(number: number, name: string): string {
  const words = [`Load ${name}: `, `Errors of ${name} `, `Disk of ${name} `, `for ${name}`, `Queue ${name} `]
  return words[number % 5] ?? ''
}

function bindingOf(number: number, name: string): string {
  switch (number % 5) {
    case 0:
      return `{ check: http, with: { url: 'http://127.0.0.1:8080/load/${name}', timeoutMs: 2000 } }`
    case 1:
      return "{ watch: { signal: error-rate, scope: stable, is: '<', value: 2 } }"
    case 2:
      return '{ check: disk, with: { path: ., freeBytesMin: 10 GB } }'
    case 3:
      return '{ poll: release-manager }'
    default:
      return '{ check: command, with: { run: [./queue, --count] } }'
  }
}

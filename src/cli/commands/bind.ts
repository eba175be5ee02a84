// gonogo bind: a person confirms what recognition proposes; it is written into gonogo.yaml, comments and order kept.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { openProject, planProject } from '../../app/project.ts'
import { addBindings } from '../../config/edit.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { PlanError } from '../../lib/errors.ts'
import type { Item, Proposal } from '../../plan/plan.ts'
import { print, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { paint } from '../screen.ts'

interface BindOptions extends GlobalOptions {
  accept?: string[]
  all?: boolean
  above: string
}

type Proposed = Item & { proposal: Proposal }

export async function bind(options: BindOptions): Promise<number> {
  const project = openProject(options.project)
  const { plan } = planProject(project)
  const unbound = new Set(plan.items.filter(({ binding }) => binding.type === 'unbound').map(({ item }) => item))
  const proposed = plan.checklist.items.filter(
    (item): item is Proposed => item.proposal !== null && unbound.has(item.id),
  )
  const accepted = await choose(proposed, options)
  if (accepted.length === 0) {
    print(proposed.length === 0 ? 'there is nothing to propose for what is not bound yet' : 'nothing was accepted')
    return EXIT.ok
  }
  const bindings = accepted.map(({ id, proposal }) => [id, { check: proposal.check, with: proposal.options }] as const)
  writeFileAtomic(
    project.configPath,
    addBindings(readFileSync(project.configPath, 'utf8'), Object.fromEntries(bindings)),
  )
  openProject(options.project)
  for (const { id, proposal } of accepted) print(`${id}: ${proposal.check} ${JSON.stringify(proposal.options)}`)
  print(
    `${accepted.length} ${accepted.length === 1 ? 'binding' : 'bindings'} added to gonogo.yaml; review the plan with "gonogo plan --lock"`,
  )
  return EXIT.ok
}

async function choose(proposed: readonly Proposed[], options: BindOptions): Promise<Proposed[]> {
  if (options.accept) return options.accept.map((id) => findProposed(proposed, id))
  if (options.all) return proposed.filter((item) => item.proposal.confidence >= Number(options.above))
  if (!process.stdin.isTTY) {
    for (const item of proposed) print(describe(item))
    if (proposed.length > 0) print(`\naccept with: gonogo bind --accept ${proposed[0]?.id}`)
    return []
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const accepted: Proposed[] = []
  for (const item of proposed) {
    print(describe(item))
    const answer = (await lines.question('  bind it? [y]es, [n]o, [q]uit ')).trim().toLowerCase()
    if (answer.startsWith('q')) break
    if (answer.startsWith('y')) accepted.push(item)
  }
  lines.close()
  return accepted
}

function findProposed(proposed: readonly Proposed[], id: string): Proposed {
  const item =
    proposed.find((candidate) => candidate.id === id) ?? proposed.find((candidate) => candidate.id.startsWith(id))
  if (item) return item
  throw new PlanError(`nothing is proposed for "${id}"`, {
    hint: '"gonogo bind" lists the proposals; other bindings are written by hand into gonogo.yaml',
  })
}

function describe({ id, text, proposal }: Proposed): string {
  const sure = `${Math.round(proposal.confidence * 100)} % sure`
  return `${paint('bold', text)}  ${paint('dim', id)}\n  ${proposal.check} ${JSON.stringify(proposal.options)}  ${paint('dim', `${sure}: ${proposal.why}`)}`
}

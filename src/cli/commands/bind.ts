// gonogo bind: a person confirms what is proposed; it is written into gonogo.yaml, every other byte of which stays.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { openProject, planProject } from '../../app/project.ts'
import { addBindings } from '../../config/edit.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { PlanError } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Item } from '../../plan/plan.ts'
import { proposeBindings, type BindingProposal } from '../../planning/propose.ts'
import { print, type GlobalOptions } from '../common.ts'
import { describeEntry, describeProposal } from '../entries.ts'
import { EXIT } from '../exit.ts'
import { paint } from '../screen.ts'

interface BindOptions extends GlobalOptions {
  accept?: string[]
  all?: boolean
  above: string
}

interface Proposed {
  item: Item
  proposal: BindingProposal
}

export async function bind(options: BindOptions): Promise<number> {
  const above = confidenceOf(options.above)
  const project = await openProject(options.project)
  const { plan } = await planProject(project)
  const proposals = proposeBindings(plan.checklist, plan, project.config)
  const proposed = plan.checklist.items.flatMap((item): Proposed[] => {
    const proposal = proposals.get(item.id)
    return proposal ? [{ item, proposal }] : []
  })
  const accepted = await choose(proposed, options, above)
  if (accepted.length === 0) {
    print(proposed.length === 0 ? 'there is nothing to propose for what is not bound yet' : 'nothing was accepted')
    return EXIT.ok
  }
  const entries = Object.fromEntries(accepted.map(({ item, proposal }) => [item.id, proposal.entry]))
  const before = readFileSync(project.configPath, 'utf8')
  writeFileAtomic(project.configPath, addBindings(before, entries))
  try {
    await planProject(await openProject(options.project))
  } catch (error) {
    // A proposal that does not load is a bug of ours: the user's file is put back before it is reported.
    writeFileAtomic(project.configPath, before)
    throw error
  }
  for (const { item, proposal } of accepted) print(`${item.id}: ${describeEntry(proposal.entry)}`)
  const count = `${accepted.length} ${accepted.length === 1 ? 'binding' : 'bindings'}`
  print(`${count} added to gonogo.yaml; review the plan with "gonogo plan --lock"`)
  return EXIT.ok
}

function confidenceOf(above: string): number {
  const confidence = Number(above)
  if (above.trim() !== '' && confidence >= 0 && confidence <= 1) return confidence
  throw new PlanError(`--above "${above}" is not a confidence`, { expected: 'a number from 0 to 1' })
}

async function choose(proposed: readonly Proposed[], options: BindOptions, above: number): Promise<Proposed[]> {
  if (options.accept) return [...new Set(options.accept.map((id) => findProposed(proposed, id)))]
  if (options.all) return proposed.filter(({ proposal }) => proposal.confidence >= above)
  if (process.stdin.isTTY) return ask(proposed)
  for (const one of proposed) print(describe(one))
  if (proposed.length > 0)
    print(`\naccept with: gonogo bind --accept ${proposed[0]?.item.id}, or --all for the sure ones`)
  return []
}

async function ask(proposed: readonly Proposed[]): Promise<Proposed[]> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const accepted: Proposed[] = []
  try {
    for (const one of proposed) {
      print(describe(one))
      const answer = (await lines.question('  bind it? [y]es, [n]o, [q]uit ')).trim().toLowerCase()
      if (answer.startsWith('q')) break
      if (answer.startsWith('y')) accepted.push(one)
    }
  } finally {
    lines.close()
  }
  return accepted
}

function findProposed(proposed: readonly Proposed[], id: string): Proposed {
  const exact = proposed.find(({ item }) => item.id === id)
  const begun = proposed.filter(({ item }) => item.id.startsWith(id))
  const [only] = begun
  if (exact) return exact
  if (only && begun.length === 1) return only
  const ids = begun.map(({ item }) => item.id)
  if (ids.length > 1)
    throw new PlanError(`"${id}" may mean ${ids.length} items`, { expected: `one of ${ids.slice(0, 5).join(', ')}` })
  const suggestion = nearest(
    id,
    proposed.map(({ item }) => item.id),
  )
  throw new PlanError(`nothing is proposed for "${id}"`, {
    hint: suggestion
      ? `did you mean "${suggestion}"?`
      : '"gonogo bind" lists the proposals; other bindings are written by hand into gonogo.yaml',
  })
}

function describe({ item, proposal }: Proposed): string {
  const head = `${paint('bold', item.text)}  ${paint('dim', item.id)}`
  return `${head}\n  ${describeEntry(proposal.entry)}\n  ${paint('dim', describeProposal(proposal))}`
}

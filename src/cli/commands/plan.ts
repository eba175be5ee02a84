// gonogo plan: what the document says, what will happen, how much of it is covered.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { PlanError } from '../../lib/errors.ts'
import { oneOf, print, whoIs, type GlobalOptions } from '../common.ts'
import { EXIT } from '../exit.ts'
import { itemAsJson, planAsJson } from '../plan/as-json.ts'
import { planAsText } from '../plan/as-text.ts'
import { readPlan, type Reading } from '../plan/reading.ts'

interface PlanOptions extends GlobalOptions {
  format: string
  lock?: boolean
  explain?: string
  environment?: string
  candidate?: string
  as?: string
}

/**
 * What only some of its forms need is loaded when they do: people type this often.
 * @throws PlanError for a document, a configuration or a command line that is not right.
 */
export async function plan(file: string | undefined, options: PlanOptions): Promise<number> {
  const format = oneOf('--format', options.format, ['text', 'json', 'markdown'])
  const reading = await readPlan(file ?? (await documentToExplain(options)), options)
  if (options.explain !== undefined) {
    print(await explained(reading, options.explain, format))
    return EXIT.ok
  }
  if (format === 'json') print(JSON.stringify(planAsJson(reading), null, 2))
  else if (format === 'markdown') print((await import('../plan/as-markdown.ts')).planAsMarkdown(reading))
  else print(planAsText(reading, widthOfTerminal()))
  if (options.lock) await lock(reading, options)
  return EXIT.ok
}

/** `--explain DOC:42` names the document too, as editors and compilers do. */
async function documentToExplain({ explain, project }: PlanOptions): Promise<string | undefined> {
  if (explain === undefined) return undefined
  const { documentIn } = await import('../plan/find-item.ts')
  const document = documentIn(explain)
  return document !== null && existsSync(resolve(project, document)) ? document : undefined
}

async function explained(reading: Reading, given: string, format: string): Promise<string> {
  const { findItem } = await import('../plan/find-item.ts')
  const item = findItem(reading.checklist, given)
  if (format !== 'json') {
    const { explainItem } = await import('../plan/explain.ts')
    return explainItem(reading, item, widthOfTerminal())
  }
  const planned = reading.plan?.items.find((entry) => entry.item === item.id)
  return JSON.stringify(itemAsJson(item, planned, reading.proposals.get(item.id)), null, 2)
}

async function lock({ project, plan: planned, aside }: Reading, options: PlanOptions): Promise<void> {
  if (!project || !planned)
    throw new PlanError(aside ?? 'there is no gonogo.yaml to lock a plan of', {
      hint: aside ? 'lock the plan of the checklist that gonogo.yaml names' : 'run "gonogo init"',
    })
  const { lockPlan } = await import('../../planning/lock.ts')
  const { requireRedGuards } = await import('../../planning/guard-controls.ts')
  const { keepPlanned } = await import('../../app/originals.ts')
  requireRedGuards(planned, project)
  const path = lockPlan(project.directory, planned, whoIs(options), new Date())
  keepPlanned(project, planned.checklist.document)
  process.stderr.write(`reviewed plan ${planned.hash.slice(0, 12)} is locked in ${path}\n`)
}

/** Null where nobody looks: nothing is cut in a file. */
function widthOfTerminal(): number | null {
  return process.stdout.isTTY ? (process.stdout.columns ?? 80) : null
}

// A project and its document for the tests of planning: written to a temporary directory, read by the real parts.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readChecklist } from '../checklist/read.ts'
import { withProposals } from '../checklist/statements/recognise.ts'
import { readProject, type Project } from '../config/load.ts'
import type { Checklist } from '../plan/plan.ts'
import { kindsOf, loadKinds } from '../catalog/catalog.ts'

await loadKinds()

export interface Written {
  project: Project
  checklist: Checklist
  /** Id of the item whose text holds these words. */
  id(words: string): string
}

/** @param config gonogo.yaml without `service`; it may use the ids of the document's items. */
export function written(document: string | Uint8Array, config: string | ((id: Written['id']) => string)): Written {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-planning-'))
  const checklist = withProposals(readChecklist('CHECKLIST.md', Buffer.from(document)), kindsOf('check'))
  const id = (words: string): string => {
    const found = checklist.items.find(({ text }) => text.includes(words))
    if (!found) throw new Error(`no item with "${words}"`)
    return found.id
  }
  writeFileSync(join(directory, 'gonogo.yaml'), `service: shop\n${typeof config === 'string' ? config : config(id)}`)
  return { project: readProject(directory), checklist, id }
}

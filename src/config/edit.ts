// Editing gonogo.yaml as a person would: what is there stays as it is, comments and order included.
import { isMap, parseDocument } from 'yaml'
import { PlanError } from '../lib/errors.ts'

/** The text of gonogo.yaml with these bindings added; one that exists is not replaced. */
export function addBindings(text: string, bindings: Readonly<Record<string, unknown>>): string {
  const document = parseDocument(text)
  if (document.errors.length > 0) throw new PlanError('is not valid YAML', { file: 'gonogo.yaml' })
  const existing = document.get('bindings')
  if (!isMap(existing)) document.set('bindings', document.createNode({}))
  for (const [id, binding] of Object.entries(bindings)) {
    if (document.hasIn(['bindings', id])) continue
    document.setIn(['bindings', id], document.createNode(binding))
  }
  return document.toString({ lineWidth: 0 })
}

// gonogo schema: the JSON Schema of gonogo.yaml, so that an editor completes and explains it.
import { loadKinds } from '../../catalog/catalog.ts'
import { configJsonSchema } from '../../config/json-schema.ts'
import { print } from '../common.ts'
import { EXIT } from '../exit.ts'

export async function schema(): Promise<number> {
  await loadKinds()
  print(JSON.stringify(configJsonSchema(), null, 2))
  return EXIT.ok
}

// gonogo schema: the JSON Schema of gonogo.yaml, so that an editor completes and explains it.
import { configJsonSchema } from '../../config/json-schema.ts'
import { print } from '../common.ts'
import { EXIT } from '../exit.ts'

export function schema(): number {
  print(JSON.stringify(configJsonSchema(), null, 2))
  return EXIT.ok
}

// Makes the demo's knowledge graph: node scripts/generate.ts --relationships 100000 --seed 1 --out data/database.db
import { parseArgs } from 'node:util'
import { generateDataset } from '../dataset/generate-dataset.ts'
import { DEFAULT_DATABASE, runScript, wholeNumber } from './script.ts'

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      relationships: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string', default: DEFAULT_DATABASE },
    },
  })
  const startedAt = performance.now()
  const { size, planted } = await generateDataset(values.out, {
    relationships: wholeNumber('relationships', values.relationships),
    seed: wholeNumber('seed', values.seed),
  })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(JSON.stringify({ database: values.out, seconds: Number(seconds), ...size, planted }, null, 2))
  return 0
})

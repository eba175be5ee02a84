// npm run bench -- NAME [--quick]: runs one bench, prints its table, keeps it as JSON; exit 0 only when all targets hold.
import { relative } from 'node:path'
import type { Bench } from './result.ts'
import { holds, keepResult, tableText } from './result.ts'

/** Every bench there is: one line a bench. Loaded when named. */
const benches: Record<string, () => Promise<{ bench: Bench }>> = {
  accuracy: () => import('./accuracy.ts'),
  canary: () => import('./canary.ts'),
  check: () => import('./check.ts'),
  conduct: () => import('./conduct.ts'),
  crash: () => import('./crash.ts'),
  'data-backup': () => import('./data-backup.ts'),
  'data-scan': () => import('./data-scan.ts'),
  'data-rules': () => import('./data-rules.ts'),
  'data-compare': () => import('./data-compare.ts'),
  'data-fix': () => import('./data-fix.ts'),
  'data-postgres': () => import('./data-postgres.ts'),
  emergency: () => import('./emergency.ts'),
  load: () => import('./load.ts'),
  pairs: () => import('./pairs.ts'),
  proxy: () => import('./proxy.ts'),
  reaction: () => import('./reaction.ts'),
  reading: () => import('./reading.ts'),
  'reading-fuzz': () => import('./reading-fuzz.ts'),
  restore: () => import('./restore.ts'),
  start: () => import('./start.ts'),
  traffic: () => import('./traffic.ts'),
  verdict: () => import('./verdict.ts'),
}

// So that what a bench has started ends with it: its processes are ended on `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const [name, ...flags] = process.argv.slice(2)
const unknown = flags.filter((flag) => flag !== '--quick')
const load = name === undefined ? undefined : benches[name]

if (name === undefined) {
  for (const loadBench of Object.values(benches)) {
    const { bench } = await loadBench()
    console.log(`${bench.name.padEnd(12)} ${bench.summary}`)
  }
} else if (!load || unknown.length > 0) {
  console.error(load ? `unknown option ${unknown.join(' ')}` : `no bench is called ${name}`)
  console.error(`usage: npm run bench -- [${Object.keys(benches).join('|')}] [--quick]`)
  process.exitCode = 2
} else {
  const { bench } = await load()
  const options = { quick: flags.includes('--quick'), progress: (line: string) => console.error(`... ${line}`) }
  const result = await bench.run(options)
  const file = keepResult(bench.name, options, result)
  console.log(tableText(bench.name, result))
  console.log(`kept in ${relative(process.cwd(), file)}`)
  const judged = result.measures.map(holds).filter((held) => held !== null)
  // A bench that judged nothing has not shown anything.
  process.exitCode = judged.length > 0 && judged.every(Boolean) ? 0 : 1
}

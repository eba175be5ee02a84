// How long `gonogo check` takes: to start with nothing to look at, against bare Node; and 200 looks of 100 ms each, against what their
// number and concurrency alone would take.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GONOGO, Project, runProgram } from './fixture/project.ts'
import { median, type Bench, type BenchOptions, type BenchResult, type Measure } from './result.ts'

const LOOKS = 200
const LATENCY_MS = 100
const AT_ONCE = [8, 32]
const LOOKS_RATIO_MAX = 1.2
const START_NODES = 2
const START_MS_MAX = 150

export const bench: Bench = {
  name: 'check',
  summary: `gonogo check: start with an empty list ÷ node; ${LOOKS} looks of ${LATENCY_MS} ms ÷ their sum over concurrency`,
  run,
}

async function run({ quick, progress }: BenchOptions): Promise<BenchResult> {
  const starts = await startTimes(quick ? 7 : 20)
  progress(`start: ${starts.check.map(Math.round).join(', ')} ms; node: ${starts.node.map(Math.round).join(', ')} ms`)
  const [startMs, nodeMs] = [median(starts.check), median(starts.node)]
  const measures: Measure[] = [
    {
      what: 'gonogo check, empty list',
      measured: startMs,
      unit: 'ms',
      peer: { name: `${START_NODES} x node -e 0 + ${START_MS_MAX} ms`, measured: START_NODES * nodeMs + START_MS_MAX },
      target: { atMost: 1 },
    },
  ]
  for (const atOnce of AT_ONCE) {
    const times = await lookTimes(atOnce, quick ? 3 : 7)
    progress(`${atOnce} at once: ${times.map(Math.round).join(', ')} ms in all`)
    measures.push({
      what: `${LOOKS} looks of ${LATENCY_MS} ms, ${atOnce} at once, without the start`,
      measured: median(times) - startMs,
      unit: 'ms',
      peer: { name: 'looks / concurrency x latency', measured: Math.ceil(LOOKS / atOnce) * LATENCY_MS },
      target: { atMost: LOOKS_RATIO_MAX },
    })
  }
  return { measures, notes: [`whole processes, in turns; node -e 0 takes ${Math.round(nodeMs)} ms`] }
}

/** In turns, after a first start that fills the compile cache. */
async function startTimes(rounds: number): Promise<{ check: number[]; node: number[] }> {
  await using project = await Project.create({
    document: '# Release\n\n## Readiness\n\n- [ ] Nobody looks at this yet\n',
    config: () => 'service: empty\nchecklist: CHECKLIST.md\n',
  })
  const times = { check: [] as number[], node: [] as number[] }
  const timed = async (args: string[], expected: number): Promise<number> => {
    const ended = await runProgram(process.execPath, args, { cwd: project.directory })
    if (ended.exitCode !== expected)
      throw new Error(`node ${args.join(' ')} ended with ${ended.exitCode}: ${ended.stderr}`)
    return ended.durationMs
  }
  await timed([GONOGO, 'check'], 3)
  for (let round = 0; round < rounds; round++) {
    times.node.push(await timed(['-e', '0'], 0))
    times.check.push(await timed([GONOGO, 'check'], 3))
  }
  return times
}

async function lookTimes(atOnce: number, rounds: number): Promise<number[]> {
  const server = createServer((_, response) => void setTimeout(() => response.end('ok'), LATENCY_MS))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const names = Array.from({ length: LOOKS }, (_, index) => `Endpoint number ${index} answers`)
  await using project = await Project.create({
    document: `# Release\n\n## Readiness\n\n${names.map((name) => `- [ ] ${name}`).join('\n')}\n`,
    config: (id) =>
      `service: many\nchecklist: CHECKLIST.md\ndefaults: { checksAtOnce: ${atOnce} }\nbindings:\n${names
        .map((name, index) => `  ${id(name)}: { check: http, with: { url: '${url}/${index}' } }`)
        .join('\n')}\n`,
  })
  const times: number[] = []
  await project.must('check')
  for (let round = 0; round < rounds; round++) times.push((await project.must('check')).durationMs)
  server.closeAllConnections()
  server.close()
  return times
}

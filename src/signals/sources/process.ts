// Source `process`: CPU, memory and restarts of a version's instances, their child processes included.
import { existsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import type { Sample } from '../../plan/signal.ts'
import { readTreesFromProc, readTreesFromPs, type ReadTrees, type TreeUsage } from '../process-tree.ts'
import { defineSource, type Source, type SourceContext } from '../source.ts'

const options = z.strictObject({
  cores: z
    .number()
    .positive()
    .optional()
    .describe('Cores the service may use: 100 % CPU is all of them. Default: those this machine offers'),
  memoryBytesLimit: z
    .int()
    .positive()
    .optional()
    .describe(
      "Bytes each instance may use: 100 % memory of the fullest one. Default: the machine's memory, shared by all",
    ),
})

type Options = z.output<typeof options>

const UNITS = { cpu: 'percent', memory: 'percent', 'memory-bytes': 'bytes', restarts: 'count' } as const

export const processUsage = defineSource<Options>({
  id: 'process',
  summary: 'CPU, memory and restarts per version, child processes included',
  options,
  example: { cores: 2, memoryBytesLimit: 536_870_912 },
  failingExample: { cores: 0 },
  secretFields: [],
  signals: () => Object.keys(UNITS),
  describe: ({ memoryBytesLimit }) =>
    memoryBytesLimit
      ? `CPU and memory of every instance, of at most ${memoryBytesLimit} bytes each`
      : "CPU and memory of every instance, of this machine's",
  create: (given, context) =>
    createProcessSource(given, context, existsSync('/proc/self/stat') ? readTreesFromProc : readTreesFromPs),
})

type Instance = Awaited<ReturnType<SourceContext['instances']>>[string][number]

/** What one look remembers for the next: CPU time is a difference. */
interface Look {
  atMs: number
  trees: ReadonlyMap<number, TreeUsage | null>
}

/** The source over either way of reading processes. */
export function createProcessSource(given: Options, context: SourceContext, readTrees: ReadTrees): Source {
  let last: Look | null = null
  let lastVersions: (string | null)[] = [null]

  async function sample(now: number, signal: AbortSignal): Promise<Sample[]> {
    try {
      const versions = Object.entries(await context.instances())
      lastVersions = versions.map(([version]) => version)
      const pids = versions.flatMap(([, instances]) => instances.map(({ pid }) => pid)).filter((pid) => pid !== null)
      const look: Look = { atMs: performance.now(), trees: await readTrees(pids, signal) }
      const samples = versions.flatMap(([version, instances]) =>
        versionSamples(version, instances, look, last, given, now),
      )
      last = look
      return samples
    } catch (error) {
      const unknown = { value: null, detail: messageOf(error) }
      return lastVersions.flatMap((version) => toSamples(version, now, unknown, unknown, unknown, unknown))
    }
  }

  return { sample }
}

type Reading = Pick<Sample, 'value' | 'detail'>

function versionSamples(
  version: string,
  instances: readonly Instance[],
  look: Look,
  last: Look | null,
  { cores = availableParallelism(), memoryBytesLimit }: Options,
  at: number,
): Sample[] {
  const restarts = { value: instances.reduce((sum, instance) => sum + instance.restarts, 0) }
  const missing = instances.find(({ pid }) => pid === null || !look.trees.get(pid))
  if (missing || instances.length === 0) {
    const detail = missing ? `${missing.id} (process ${missing.pid ?? 'unknown'}) does not run` : 'no instances'
    return toSamples(version, at, { value: null, detail }, { value: null, detail }, { value: null, detail }, restarts)
  }
  const trees = instances.map(({ pid }) => [pid, look.trees.get(pid as number)] as [number, TreeUsage])
  const rssBytes = trees.map(([, tree]) => tree.rssBytes)
  const totalBytes = rssBytes.reduce((sum, bytes) => sum + bytes, 0)
  const memory = memoryBytesLimit ? Math.max(...rssBytes) / memoryBytesLimit : totalBytes / machineMemoryBytes()
  return toSamples(
    version,
    at,
    cpuReading(trees, look, last, cores),
    { value: 100 * memory },
    { value: totalBytes },
    restarts,
  )
}

function cpuReading(trees: readonly [number, TreeUsage][], look: Look, last: Look | null, cores: number): Reading {
  let usedMs = 0
  for (const [pid, tree] of trees) {
    const before = last?.trees.get(pid)
    if (!before || before.startedAt !== tree.startedAt || before.cpuMs > tree.cpuMs)
      return { value: null, detail: 'first look: nothing to compare with' }
    usedMs += tree.cpuMs - before.cpuMs
  }
  const elapsedMs = look.atMs - (last?.atMs ?? look.atMs)
  return elapsedMs > 0 ? { value: (100 * usedMs) / elapsedMs / cores } : { value: null, detail: 'no time has passed' }
}

/** What this process may use: a container's limit where there is one. */
function machineMemoryBytes(): number {
  const limitBytes = process.constrainedMemory()
  return limitBytes > 0 ? Math.min(limitBytes, totalmem()) : totalmem()
}

function toSamples(
  version: string | null,
  at: number,
  cpu: Reading,
  memory: Reading,
  memoryBytes: Reading,
  restarts: Reading,
): Sample[] {
  const readings = { cpu, memory, 'memory-bytes': memoryBytes, restarts }
  return Object.entries(readings).map(([signal, reading]) => ({
    signal,
    version,
    at,
    unit: UNITS[signal as keyof typeof UNITS],
    observations: null,
    ...reading,
  }))
}

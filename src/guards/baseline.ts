// What the stable version measured before the release: the figures that relative rules fall back on. Pure.
import type { Sample } from '../plan/signal.ts'

/** Signal → the stable version's average before the candidate answered anybody. */
export function baselineOf(
  samples: readonly Sample[],
  { candidate, stable }: { candidate: string; stable: string },
): Record<string, number> {
  const firstAnswer = samples.find((sample) => sample.version === candidate && (sample.observations ?? 0) > 0)
  const before = samples.filter(
    (sample) => sample.version === stable && sample.value !== null && sample.at < (firstAnswer?.at ?? Infinity),
  )
  const groups = Map.groupBy(before, (sample) => sample.signal)
  return Object.fromEntries([...groups].map(([signal, group]) => [signal, averageOf(group)]))
}

/** Weighted by what each sample rests on. */
function averageOf(samples: readonly Sample[]): number {
  let weight = 0
  let sum = 0
  for (const { value, observations } of samples) {
    weight += observations ?? 1
    sum += (value ?? 0) * (observations ?? 1)
  }
  return weight === 0 ? 0 : sum / weight
}

// Coverage as figures of files, whatever wrote it down.

export type Metric = 'lines' | 'branches' | 'functions' | 'statements'
export const METRICS: readonly Metric[] = ['lines', 'branches', 'functions', 'statements']

export interface Share {
  covered: number
  total: number
}

/** What is known of a file, or of all; a metric that a tool does not measure is absent. */
export type Figures = Partial<Record<Metric, Share>>

export interface Coverage {
  total: Figures
  files: { path: string; figures: Figures }[]
}

/** Two shares as one. */
function addShares(left: Share | undefined, right: Share | undefined): Share | undefined {
  if (!left || !right) return left ?? right
  return { covered: left.covered + right.covered, total: left.total + right.total }
}

/** The figures of several files as one. */
export function addFigures(all: readonly Figures[]): Figures {
  const total: Figures = {}
  for (const figures of all)
    for (const metric of METRICS) {
      const sum = addShares(total[metric], figures[metric])
      if (sum) total[metric] = sum
    }
  return total
}

/** A share, or nothing where the figures make no sense. */
export function share(covered: number | null, total: number | null): Share | undefined {
  if (covered === null || total === null || !Number.isFinite(covered) || !Number.isFinite(total)) return undefined
  return covered >= 0 && covered <= total ? { covered, total } : undefined
}

/** Only the metrics that are known. */
export function figuresOf(given: Record<Metric, Share | undefined>): Figures {
  const figures: Figures = {}
  for (const metric of METRICS) {
    const known = given[metric]
    if (known) figures[metric] = known
  }
  return figures
}

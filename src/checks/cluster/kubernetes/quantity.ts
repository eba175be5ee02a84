// Quantities of Kubernetes: `250m` of a processor, `1.5Gi` of memory, `20` pods.

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** In base units (processors, bytes, pieces), or null where the text is no quantity. */
export function parseQuantity(text: string): number | null {
  const [, figure, suffix = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)(|[numkMGTPE]|[KMGTPE]i)$/.exec(text.trim()) ?? []
  const factor = FACTORS[suffix]
  return figure === undefined || factor === undefined ? null : Number(figure) * factor
}

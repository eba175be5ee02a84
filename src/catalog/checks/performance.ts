// Checks of speed under load and in a browser: one line a kind.

export const performance = {
  load: async () => (await import('../../checks/performance/load.ts')).load,
  page: async () => (await import('../../checks/performance/page.ts')).page,
  benchmark: async () => (await import('../../checks/performance/benchmark.ts')).benchmark,
}

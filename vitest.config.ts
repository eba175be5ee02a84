// Two suites: `unit` needs Node and what `npm ci` brought; `services` installs and starts real servers.
import { defineConfig } from 'vitest/config'

// Hundreds of tests start processes and servers; on a shared CI machine one of them may lose a race. It is tried once more there:
// what fails twice fails. Nowhere else, so that races are found.
const retry = process.env['CI'] ? 1 : 0

export default defineConfig({
  test: {
    // Most tests wait for processes they start, so a few more files than cores run side by side.
    maxWorkers: 4,
    projects: [
      {
        test: {
          name: 'unit',
          // Files share what they import: reading it anew for each took a third of the time. So a test puts back what it stubs.
          isolate: false,
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['**/*.services.test.ts', '**/node_modules/**'],
          retry,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'services',
          include: ['**/*.services.test.ts'],
          exclude: ['**/node_modules/**'],
          retry,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})

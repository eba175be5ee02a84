// `import { defineChecks } from 'gonogo'`: the published build, or the sources of a checkout.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

// Loaded synchronously, so that modules which import this can be too.
const require = createRequire(import.meta.url)
const published = new URL('../dist/config/rules-module.js', import.meta.url)

export const { defineChecks } = require(
  existsSync(published) ? '../dist/config/rules-module.js' : '../src/config/rules-module.ts',
)

#!/usr/bin/env node
// Repairs the graph; see tools/fix-data-consistency-issues.ts.
import { start } from './tools/start.js'

await start('fix-data-consistency-issues')

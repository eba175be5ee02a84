#!/usr/bin/env node
// Judges the graph; see tools/validate-consistency-fixes.ts.
import { start } from './tools/start.js'

await start('validate-consistency-fixes')

#!/usr/bin/env node
// Tests the candidate beside the stable version; see tools/canary-deployment-tests.ts.
import { start } from './tools/start.js'

await start('canary-deployment-tests')

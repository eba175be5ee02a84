#!/usr/bin/env node
// Watches the service; see tools/monitoring-integration.ts.
import { start } from './tools/start.js'

await start('monitoring-integration')

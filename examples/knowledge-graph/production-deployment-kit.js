#!/usr/bin/env node
// Deploys, verifies and reports; see tools/production-deployment-kit.ts.
import { start } from './tools/start.js'

await start('production-deployment-kit')

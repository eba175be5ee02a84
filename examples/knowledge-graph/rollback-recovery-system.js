#!/usr/bin/env node
// Takes a release back, or stands by to; see tools/rollback-recovery-system.ts.
import { start } from './tools/start.js'

await start('rollback-recovery-system')

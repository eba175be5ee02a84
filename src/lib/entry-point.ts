// Own processes (proxy, supervisor, watchdog) are started by file: `.ts` from a checkout, `.js` from the published package.
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Path of a sibling module, with the ending this installation runs: `entryPoint(import.meta.url, './main')`. */
export function entryPoint(importMetaUrl: string, sibling: string): string {
  return fileURLToPath(new URL(sibling + extname(fileURLToPath(importMetaUrl)), importMetaUrl))
}

/** Node keeps what it has compiled there, at the place it would choose itself: a short-lived process comes up in half the time. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
}

/** Where a process finds the listening socket it was started with, as systemd's socket activation has it. */
export const LISTENING_FD = 3

/**
 * Starts a Node process that outlives this one: own session, output appended to `logPath`.
 * @param options.node Another Node than this one.
 * @param options.listeningFd A listening socket that it gets as `LISTENING_FD`.
 * @returns its process id.
 */
export function spawnDetached(
  script: string,
  args: readonly string[],
  options: { cwd: string; logPath: string; env?: Record<string, string>; node?: string; listeningFd?: number },
): number {
  const { node = process.execPath, listeningFd } = options
  mkdirSync(dirname(options.logPath), { recursive: true })
  const log = openSync(options.logPath, 'a')
  try {
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', script, ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio: ['ignore', log, log, ...(listeningFd === undefined ? [] : [listeningFd])],
    })
    // A program that is not there shows in the missing process id.
    child.on('error', () => {})
    child.unref()
    if (child.pid === undefined) throw new Error(`could not start ${script}`)
    return child.pid
  } finally {
    closeSync(log)
  }
}

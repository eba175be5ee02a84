// The system's Chromium, started for one look and gone after it.
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { messageOf } from '../../../lib/errors.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge']
const START_MS_MAX = 30_000

export interface BrowserOptions {
  executablePath?: string | undefined
  /** The only hosts that may be asked; null: all. */
  hosts: readonly string[] | null
  path: string
}

/** Starts a browser; or why it cannot, with what to do about it. It ends when the signal aborts. */
export async function startBrowser(
  { executablePath, hosts, path }: BrowserOptions,
  signal: AbortSignal,
): Promise<Browser | { problem: string; remedy: string }> {
  const playwright = await import('playwright-core').catch(() => null)
  const install = 'npm install playwright-core, where gonogo is installed, and Chromium or Chrome'
  if (!playwright) return { problem: 'the npm package playwright-core is not installed', remedy: install }
  const program = executablePath ?? (await findBrowser(path, playwright.chromium.executablePath()))
  if (program === null) return { problem: 'no Chromium or Chrome was found', remedy: install }
  try {
    const browser = await playwright.chromium.launch({
      executablePath: program,
      headless: true,
      timeout: START_MS_MAX,
      args: argumentsOf(hosts),
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
    const end = (): void => void browser.close().catch(() => {})
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    return browser
  } catch (error) {
    const [said = ''] = messageOf(error).split('\n')
    return { problem: `${program} could not be started: ${said.slice(0, 200)}`, remedy: install }
  }
}

function argumentsOf(hosts: readonly string[] | null): string[] {
  const rules = ['MAP * ~NOTFOUND', ...(hosts ?? []).map((host) => `EXCLUDE ${host}`)]
  return [
    // The sandbox needs a user of its own; root has none.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    // At the resolver: redirects and prefetching cannot get around it.
    ...(hosts ? [`--host-resolver-rules=${rules.join(', ')}`] : []),
  ]
}

/** The first of the usual names on the path, else the one that playwright brought, else null. */
async function findBrowser(path: string, own: string): Promise<string | null> {
  const candidates = path
    .split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  for (const candidate of [...candidates, own]) {
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return candidate
  }
  return null
}

// A directory for as long as it is used.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function scratch(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'gonogo-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

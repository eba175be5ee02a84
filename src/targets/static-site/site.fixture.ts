// Sites for tests: builds of two versions, a project they stand in, and the target over them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { staticSite } from '../static-site.ts'
import type { Target } from '../target.ts'

export interface SiteProject {
  directory: string
  /** Writes a build: path → content. */
  build(version: string, files: Readonly<Record<string, string>>): void
  target(options: Record<string, unknown>, env?: Record<string, string>): Target
}

/** Builds of v1 and v2: the same logo and a page each that refers to a script of its own. */
export function createSite(): SiteProject {
  const directory = mkdtempSync(join(tmpdir(), 'gonogo-site-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const project: SiteProject = {
    directory,
    build(version, files) {
      for (const [path, content] of Object.entries(files)) {
        const file = join(directory, 'builds', version, path)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, content)
      }
    },
    target: (options, env = {}) =>
      staticSite.create(staticSite.options.parse({ source: 'builds/{version}', ...options }), {
        name: 'site',
        directory,
        stateDirectory: join(directory, '.gonogo'),
        env: { PATH: process.env['PATH'] ?? '', ...env },
      }),
  }
  for (const version of ['v1', 'v2']) project.build(version, siteOf(version))
  return project
}

/** `index.html` and `about/index.html` name the script of their version. */
export function siteOf(version: string): Record<string, string> {
  const script = `app-${version === 'v1' ? '3f9d0c1a' : '77ab12ef'}.js`
  return {
    'index.html': `<script src="/assets/${script}"></script>${version}\n`,
    'about/index.html': `about ${version}\n`,
    [`assets/${script}`]: `// ${version}\n`,
    'logo.svg': '<svg/>',
    'version.txt': `${version}\n`,
    'with space & (sign)+.txt': version,
  }
}

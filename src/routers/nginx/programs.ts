// The commands that drive nginx, as argument vectors: shown by a dry-run, run by the router.
import type { Program } from '../../lib/program.ts'
import type { NginxPaths } from './paths.ts'
import type { NginxSettings } from './settings.ts'

/** What to install where nginx is missing. */
export const INSTALL = 'nginx (https://nginx.org/en/docs/install.html; Debian: apt-get install nginx-light)'

/** What to install where its Lua module is missing. */
export const INSTALL_LUA = 'apt-get install libnginx-mod-http-lua (Debian), or OpenResty'

export function startProgram({ program }: NginxSettings, paths: NginxPaths): Program {
  return { file: program, args: ['-c', paths.config, '-e', paths.log] }
}

export function testProgram(settings: NginxSettings, paths: NginxPaths): Program {
  const { program, listen, test } = settings
  if (listen) return { file: program, args: ['-t', '-q', '-c', paths.config, '-e', paths.log] }
  return vector(test) ?? { file: program, args: ['-t', '-q'] }
}

export function reloadProgram(settings: NginxSettings, paths: NginxPaths): Program {
  const { program, listen, reload } = settings
  if (listen) return { file: program, args: ['-s', 'reload', '-c', paths.config, '-e', paths.log] }
  return vector(reload) ?? { file: program, args: ['-s', 'reload'] }
}

/** The configuration your nginx reads, wholly, so that what it includes can be seen. */
export function dumpProgram({ program, test }: NginxSettings): Program {
  const [file, ...args] = test ?? [program, '-t', '-q']
  return { file: file ?? program, args: args.map((word) => (word === '-t' ? '-T' : word)) }
}

function vector(words: readonly string[] | undefined): Program | null {
  const [file, ...args] = words ?? []
  return file === undefined ? null : { file, args }
}

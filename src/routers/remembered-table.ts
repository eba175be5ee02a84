// What a router was told last: routers that know weights and servers but neither ids nor which version is stable are read back with it.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf } from '../lib/errors.ts'
import type { RoutingTable } from '../plan/traffic.ts'
import type { RouterContext } from './router.ts'

export interface RememberedTable {
  /** Null: none was put in force by gonogo, or what is kept cannot be read. */
  read(): RoutingTable | null
  /** Durable when this returns. */
  write(table: RoutingTable): void
  forget(): void
}

/** Directory of a router's own files under `.gonogo/`. */
export function routerDirectory({ stateDirectory, name }: Pick<RouterContext, 'stateDirectory' | 'name'>): string {
  return join(stateDirectory, 'routers', encodeURIComponent(name))
}

/** Where it is kept: the capsule keeps it there too. */
export function rememberedPath(context: Pick<RouterContext, 'stateDirectory' | 'name'>): string {
  return join(routerDirectory(context), 'table.json')
}

export function rememberedTable(context: Pick<RouterContext, 'stateDirectory' | 'name'>): RememberedTable {
  const path = rememberedPath(context)
  return {
    read() {
      try {
        return JSON.parse(readFileSync(path, 'utf8')) as RoutingTable
      } catch (error) {
        // Half a file cannot be: it is replaced whole. Something else there is nothing to go by.
        if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return null
        throw error
      }
    },
    write(table) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileAtomic(path, JSON.stringify(table), 0o600)
    },
    forget: () => rmSync(path, { force: true }),
  }
}

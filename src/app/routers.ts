// The routers of a project, whether or not its delivery uses them.
import type { Project } from '../config/load.ts'
import { CONFIG_FILE } from '../config/locate.ts'
import { PlanError } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import type { RouterAbilities } from '../plan/abilities.ts'
import type { Router } from '../routers/router.ts'
import type { Surroundings } from './project.ts'
import { kindOf } from './services.ts'

export type { RouterHealth } from '../routers/router.ts'

export interface NamedRouter {
  name: string
  /** `built-in proxy on 127.0.0.1:8080`. */
  description: string
  abilities: RouterAbilities
  router: Router
}

/** All of them, or the one that is named. @throws PlanError when there is none. */
export function routersOf(project: Project, surroundings: Surroundings, wanted?: string): NamedRouter[] {
  const { config, directory, stateDirectory } = project
  const names = Object.keys(config.routers)
  if (names.length === 0) throw new PlanError('no routers', { file: CONFIG_FILE, expected: 'a section "routers"' })
  if (wanted !== undefined && !names.includes(wanted)) throw new PlanError(`no router is called "${wanted}"`, hintOf())
  return names
    .filter((name) => wanted === undefined || name === wanted)
    .map((name) => {
      const { kind, options } = kindOf('router', 'routers', name, config.routers[name] ?? { kind: '' }, surroundings)
      const router = kind.create(options, { name, directory, stateDirectory, env: surroundings.env })
      return { name, description: kind.describe(options), abilities: kind.abilities(options), router }
    })

  function hintOf() {
    const close = nearest(wanted ?? '', names)
    return { expected: `one of ${names.join(', ')}`, ...(close ? { hint: `did you mean ${close}?` } : {}) }
  }
}

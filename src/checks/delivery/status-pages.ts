// How the makers of status pages say what is the matter: Atlassian Statuspage, Instatus, cState. Pure.
import { objectOf, objectsOf, textOf } from '../instrument.ts'

export interface PageState {
  /** Null: it does not say. */
  level: 'none' | 'minor' | 'major' | 'critical' | null
  components: { name: string; isWell: boolean; said: string }[]
  /** Names of incidents that are open. */
  incidents: string[]
  /** Names of maintenance that is announced or under way. */
  maintenance: string[]
}

interface Maker {
  /** Below the page's address. */
  paths: readonly string[]
  /** Of the answers at these paths; null where they make no sense. */
  read(answers: readonly unknown[]): PageState | null
}

/** Of incidents, each an object with a name or a title, or its name alone. */
const namesOf = (list: unknown): string[] =>
  (Array.isArray(list) ? list : []).map((entry: unknown) => {
    const { name, title } = objectOf(entry)
    return textOf(entry) || textOf(name) || textOf(title) || 'without a name'
  })

const STATUSPAGE: Maker = {
  paths: ['/api/v2/summary.json'],
  read([answer]) {
    const { status, components, incidents, scheduled_maintenances: maintenance } = objectOf(answer)
    const { indicator } = objectOf(status)
    const found = objectsOf(components)
    if (!found || typeof indicator !== 'string') return null
    const levels = { none: 'none', minor: 'minor', major: 'major', critical: 'critical', maintenance: 'none' } as const
    return {
      level: Object.hasOwn(levels, indicator) ? levels[indicator as keyof typeof levels] : null,
      components: found.map(({ name, status: said }) => ({
        name: textOf(name),
        isWell: said === 'operational',
        said: textOf(said),
      })),
      incidents: namesOf(incidents),
      maintenance: namesOf(maintenance),
    }
  },
}

const INSTATUS: Maker = {
  paths: ['/summary.json', '/v2/components.json'],
  read([summary, listed]) {
    const { page, activeIncidents, activeMaintenances } = objectOf(summary)
    const said = textOf(objectOf(page).status)
    const components = objectsOf(objectOf(listed).components)
    if (!components || said === '') return null
    const impacts = (objectsOf(activeIncidents) ?? []).map(({ impact }) => textOf(impact))
    const isTrouble = said === 'HASISSUES' || impacts.length > 0
    const worst = impacts.includes('MAJOROUTAGE') ? 'critical' : impacts.includes('PARTIALOUTAGE') ? 'major' : 'minor'
    const isCalm = said === 'UP' || said === 'UNDERMAINTENANCE'
    return {
      level: isTrouble ? worst : isCalm ? 'none' : null,
      components: components.map(({ name, status }) => ({
        name: textOf(name),
        isWell: status === 'OPERATIONAL',
        said: textOf(status),
      })),
      incidents: namesOf(activeIncidents),
      maintenance: namesOf(activeMaintenances),
    }
  },
}

const CSTATE: Maker = {
  paths: ['/index.json'],
  read([answer]) {
    const { systems, summaryStatus } = objectOf(answer)
    const found = objectsOf(systems)
    if (!found || typeof summaryStatus !== 'string') return null
    const levels = { ok: 'none', notice: 'minor', disrupted: 'major', down: 'critical' } as const
    const unresolved = found.flatMap(({ unresolvedIssues }) => namesOf(unresolvedIssues))
    return {
      level: Object.hasOwn(levels, summaryStatus) ? levels[summaryStatus as keyof typeof levels] : null,
      components: found.map(({ name, status }) => ({
        name: textOf(name),
        isWell: status === 'ok',
        said: textOf(status),
      })),
      incidents: [...new Set(unresolved)],
      maintenance: [],
    }
  },
}

/** By the names that the option has for them. */
export const PAGES = { statuspage: STATUSPAGE, instatus: INSTATUS, cstate: CSTATE } as const

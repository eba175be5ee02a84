// Which families of kinds a configuration needs: no others are read, so that small projects start fast.
import type { Family, LineFamily } from '../catalog/catalog.ts'
import type { BindingForm, Config } from './schema.ts'

/** The families whose kinds stand in it, or are needed to judge and run what does. */
export function familiesOf(config: Config): Family[] {
  const forms = new Set<BindingForm>(Object.values(config.bindings).map(({ form }) => form))
  const isThere = (section: object): boolean => Object.keys(section).length > 0
  const isDelivered = config.delivery !== null
  const isGuarded = isThere(config.guards) || forms.has('guard')
  const wanted: Record<Family, boolean> = {
    // Of these kinds are read one by one: see `singleKindsOf`.
    check: false,
    router: false,
    target: false,
    action: forms.has('action'),
    backup: isThere(config.backups),
    database: isThere(config.databases),
    graph: isThere(config.graphs),
    rule: isThere(config.rules),
    fix: isThere(config.rules),
    strategy: isDelivered,
    source: isThere(config.signals) || isGuarded || isDelivered || forms.has('watch'),
    guard: isGuarded || isDelivered,
  }
  return (Object.keys(wanted) as Family[]).filter((family) => wanted[family])
}

/** Ids of the kinds that stand in it, of the families that are read one by one. */
export function singleKindsOf({ bindings, routers, targets }: Config): Record<LineFamily, string[]> {
  const entries = Object.values(bindings)
  return {
    check: [...new Set(entries.flatMap((entry) => (entry.form === 'check' ? [entry.value.check] : [])))],
    router: Object.values(routers).map(({ kind }) => kind),
    target: Object.values(targets).map(({ kind }) => kind),
  }
}

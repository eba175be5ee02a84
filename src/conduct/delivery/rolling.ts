// One batch of a rolling release: new instances come up, requests go to them, as many old ones make way. At least one old instance stays
// until the release is over: that is who answers while the others come back.
import type { Outcome } from '../../plan/outcome.ts'
import { failed } from '../../plan/outcome.ts'
import type { Stage } from '../../plan/stage.ts'
import type { Backend } from '../../plan/traffic.ts'
import { attentiveStep } from '../mailbox.ts'
import type { RunContext } from '../run-context.ts'
import { tableAt, type LiveDelivery } from '../stand.ts'
import { instancesFor } from './capacity.ts'
import { tryTo } from './try-to.ts'

/** Every part of it may be done again. @returns the delivery as it stands then, or why the batch did not come about. */
export async function replaceBatch(
  context: RunContext,
  live: LiveDelivery,
  stage: Stage,
  key: string,
): Promise<LiveDelivery | Outcome> {
  const { services, session, plan } = context
  const { delivery } = services
  const { target } = delivery?.partOf(stage.service) ?? {}
  if (!target?.resize) return failed('the target cannot be replaced instance by instance')
  const resize = target.resize.bind(target)
  const isOfService = ({ part }: Backend): boolean => (part ?? '') === (stage.service ?? '')
  const ofService = (version: string): Backend[] =>
    live.table.backends.filter((backend) => isOfService(backend) && backend.version === version)

  const fresh = await attentiveStep(context, `${key} new instances`, () =>
    tryTo(session, async () => {
      const { wanted } = await target.ready(live.stable)
      const count = instancesFor(stage.replaced ?? 100, wanted)
      return {
        wanted,
        count,
        backends: await resize(live.candidate, count, session.signal),
      }
    }),
  )
  if ('status' in fresh) return fresh
  const others = live.table.backends.filter((backend) => !isOfService(backend) || backend.version !== live.candidate)
  // Not by backends: those of a cluster stand for a version, however many instances it has.
  const stay = Math.max(1, fresh.wanted - fresh.count)
  const resting = ofService(live.stable)
    .slice(stay)
    .map(({ id }) => id)
    // A service that stays at its version has no old instances.
    .filter((id) => !fresh.backends.some((backend) => backend.id === id))
  const next: LiveDelivery = {
    ...live,
    table: { ...live.table, backends: [...others, ...fresh.backends] },
    resting: [...new Set([...live.resting, ...resting])],
  }
  context.live = next
  session.setLive(next)
  const made = await attentiveStep(context, `${key} old instances`, () =>
    tryTo(session, async () => {
      await session.moveTraffic(tableAt(next, stage, plan.delivery?.services ?? []))
      await resize(live.stable, stay, session.signal)
      return {}
    }),
  )
  return 'status' in made ? made : next
}

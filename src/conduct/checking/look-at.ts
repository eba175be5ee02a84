// One look of a bound check: does it apply, is a fresh pass known, and if it does not pass, again.
import type { CheckContext } from '../../checks/check.ts'
import { runKind } from '../../checks/look.ts'
import { findKind, parseOptions } from '../../catalog/catalog.ts'
import { pause } from '../../lib/deadline.ts'
import { messageOf } from '../../lib/errors.ts'
import { exec } from '../../lib/exec.ts'
import { plural } from '../../lib/plural.ts'
import type { Binding, CheckPolicy } from '../../plan/binding.ts'
import { skipped, unverified, type Outcome } from '../../plan/outcome.ts'
import type { Services } from '../services.ts'
import { unmetReason } from './condition.ts'
import { questionKey, recallPass, rememberPass } from './remembered.ts'
import { secretTexts } from './secret-options.ts'

export type CheckBinding = Extract<Binding, { type: 'check' }>

/** What a look needs of the conductor. */
export type LookServices = Pick<
  Services,
  'directory' | 'stateDirectory' | 'env' | 'resolve' | 'data' | 'redactor' | 'clock'
> & { environment: string }

/** What the check comes to now, under its policy but for the soak, which is several of these. Redacted. */
export async function lookAt(binding: CheckBinding, services: LookServices, parent: AbortSignal): Promise<Outcome> {
  const { policy } = binding
  const unmet = policy?.when ? unmetReason(policy.when, services) : null
  if (unmet !== null) return skipped(unmet)
  if (!policy || policy.cacheMs === 0) return lookAgain(binding, policy, services, parent)
  const { stateDirectory, directory, environment, clock } = services
  const options = resolvedOptions(binding, services)
  // Without its values it is not known what is asked, and the look says what is missing.
  if (options === null) return lookAgain(binding, policy, services, parent)
  const key = questionKey({ check: binding.check, options, environment, directory })
  const known = recallPass(stateDirectory, key, policy.cacheMs, clock())
  if (known) return known
  const outcome = await lookAgain(binding, policy, services, parent)
  if (outcome.status === 'passed') rememberPass(stateDirectory, key, outcome, clock())
  return outcome
}

/** Null where a reference in them leads nowhere. */
function resolvedOptions({ options }: CheckBinding, { resolve }: LookServices): unknown {
  try {
    return resolve(options)
  } catch {
    return null
  }
}

async function lookAgain(
  binding: CheckBinding,
  policy: CheckPolicy | null,
  services: LookServices,
  parent: AbortSignal,
): Promise<Outcome> {
  const retries = policy?.retries ?? 0
  for (let tries = 1; ; tries++) {
    const outcome = await lookOnce(binding, services, parent)
    const isSettled = outcome.status === 'passed' || outcome.status === 'skipped'
    if (isSettled || tries > retries || parent.aborted)
      return tries === 1 ? outcome : { ...outcome, summary: `${outcome.summary} (${plural(tries, 'look')})` }
    await pause(policy?.retryAfterMs ?? 0, parent)
  }
}

/** Runs the check once, under its deadline. A check that throws has a bug: that is not a verdict about the release. */
async function lookOnce(binding: CheckBinding, services: LookServices, parent: AbortSignal): Promise<Outcome> {
  const { check, timeoutMs } = binding
  const signal = AbortSignal.any([parent, AbortSignal.timeout(timeoutMs)])
  const { directory, env, data, redactor } = services
  const context: CheckContext = {
    signal,
    directory,
    env,
    data,
    exec: (file, args, options) => exec(file, args, { cwd: directory, env, timeoutMs, signal, ...options }),
  }
  try {
    const kind = findKind('check', check, { path: 'check' })
    const options = parseOptions(kind.options, services.resolve(binding.options), { path: `check ${check}` })
    for (const text of secretTexts(options, kind.secretFields)) redactor.add(check, text)
    return redacted(await runKind(kind, options, context), redactor.redact)
  } catch (error) {
    return redacted(unverified(messageOf(error)), redactor.redact)
  }
}

function redacted(outcome: Outcome, redact: (text: string) => string): Outcome {
  const { summary, evidence, measurements, remedy } = outcome
  return {
    ...outcome,
    summary: redact(summary),
    measurements: measurements.map((measurement) => ({ ...measurement, name: redact(measurement.name) })),
    evidence: evidence.map((draft) => ({ ...draft, content: redact(draft.content) })),
    ...(remedy === undefined ? {} : { remedy: redact(remedy) }),
  }
}

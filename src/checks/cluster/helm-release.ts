// What helm says of a release: deployed or stuck, which chart, which revision, since when.
import { z } from 'zod'
import { durationOption } from '../../lib/duration-option.ts'
import { formatDuration } from '../../lib/duration.ts'
import { helmHistory, type HelmRevision } from '../../lib/helm-history.ts'
import { failed, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import { helm } from './helm.ts'
import { clusterFields, namespaceField, placeOf, plainName } from './kubernetes/kubectl.ts'
import { namespaceIn } from './kubernetes/namespace-words.ts'
import { askJson, couldNotLook, nonsense } from './program.ts'
import { outcomeOf } from './report.ts'

const schema = z.strictObject({
  ...clusterFields,
  ...namespaceField,
  release: plainName.describe('name of the release'),
  status: z
    .enum(['deployed', 'superseded', 'failed', 'uninstalled', 'pending-install', 'pending-upgrade', 'pending-rollback'])
    .default('deployed')
    .describe('status that is right'),
  chart: z.string().min(1).optional().describe('chart with its version, as "shop-1.4.2"'),
  appVersion: z.string().min(1).optional().describe('version of the application, as the chart says it'),
  revisionMin: z.number().int().min(1).optional().describe('revision, at least: it was upgraded so often'),
  ageMax: durationOption.optional().describe('how long ago the release was last deployed, at most: "1h"'),
})

type Options = z.infer<typeof schema>

export const helmRelease = defineCheck({
  id: 'helm-release',
  summary: 'judges a helm release: its status, its chart, its version, its revision',
  options: schema,
  example: { release: 'shop', namespace: 'shop', chart: 'shop-1.4.2', appVersion: '1.4.2' },
  failingExample: { release: 'no-such-release', namespace: 'shop' },
  secretFields: [],
  remedy: 'read `helm history` and `helm status` of the release, and upgrade or roll it back',
  needs: 'helm',

  recognise(item) {
    const words = allWordsOf(item)
    const [command, release] = /\bhelm (?:status|history|get \w+) ([a-z0-9][\w-]*)/i.exec(words) ?? []
    const [named, ofWords] =
      /\bhelm release `?([a-z0-9][\w-]*)`?[^.\n]{0,20}\b(?:is )?(?:deployed|healthy|up to date|successful)\b/i.exec(
        words,
      ) ?? []
    const name = release ?? ofWords
    const claim = find(words, /\b(?:deployed|healthy|up to date|successful|succeeded|installed)\b/i)
    if (!name || !claim || isPlaceholder(name) || /\b(?:if|not|rollback|roll back|fails?)\b/i.test(words)) return null
    const namespace = namespaceIn(words)
    if (namespace === 'unclear') return null
    return propose(SURE.said, { release: name, ...(namespace ? { namespace } : {}) }, [command ?? named ?? name, claim])
  },

  describe(options) {
    const { release, status, chart, appVersion, revisionMin, ageMax } = options
    const bounds = [
      status,
      chart === undefined ? '' : `chart ${chart}`,
      appVersion === undefined ? '' : `application ${appVersion}`,
      revisionMin === undefined ? '' : `revision ${revisionMin} at least`,
      ageMax === undefined ? '' : `deployed within ${formatDuration(ageMax)}`,
    ]
    return `helm release ${release} in ${placeOf(options)}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => lookAtRelease(options, context)),
})

async function lookAtRelease(options: Options, context: CheckContext): Promise<Outcome> {
  const { release } = options
  const answer = await askJson(
    context,
    helm(options, context.directory, 'history', release, '--output=json', '--max=1'),
  )
  if (!answer.ok)
    return answer.why === 'absent'
      ? failed(`there is no release ${release} in ${placeOf(options)}`)
      : couldNotLook(answer)
  const [revision] = helmHistory.safeParse(answer.value).data ?? []
  return revision
    ? judge(options, revision)
    : couldNotLook(nonsense('helm', `what it printed is no history of ${release}`))
}

function judge(options: Options, found: HelmRevision): Outcome {
  const { release, status, chart, appVersion, revisionMin, ageMax } = options
  const deployedAt = Date.parse(found.updated)
  if (ageMax !== undefined && Number.isNaN(deployedAt))
    return couldNotLook(nonsense('helm', 'it does not say when the release was deployed'))
  const ageMs = Math.max(0, Date.now() - deployedAt)
  const complaints = [
    ...(found.status === status ? [] : [`status ${status} wanted`]),
    ...(chart === undefined || found.chart === chart ? [] : [`chart ${chart} wanted`]),
    ...(appVersion === undefined || found.app_version === appVersion
      ? []
      : [`application ${appVersion} wanted, it is ${found.app_version || 'not said'}`]),
    ...(revisionMin === undefined || found.revision >= revisionMin ? [] : [`revision ${revisionMin} at least wanted`]),
    ...(ageMax === undefined || ageMs <= ageMax
      ? []
      : [`deployed ${formatDuration(ageMs)} ago, at most ${formatDuration(ageMax)} wanted`]),
  ]
  return outcomeOf({
    seen: `release ${release} is ${found.status}, chart ${found.chart}, revision ${found.revision}`,
    complaints,
    lines: [JSON.stringify(found)],
    measurements: [{ name: 'revision', value: found.revision, unit: 'count' }],
  })
}

// Whether a helm chart is sound: it lints, it renders, and its values change of the deployed release only what they may.
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { failed, unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import { changedPaths, isBelow, mergeValues, type Values } from './helm-values.ts'
import { helm } from './helm.ts'
import { clusterFields, namespaceField, plainName } from './kubernetes/kubectl.ts'
import { ask, askJson, couldNotLook, nonsense, type NoAnswer } from './program.ts'
import { outcomeOf } from './report.ts'

const schema = z.strictObject({
  ...clusterFields,
  ...namespaceField,
  chart: z.string().min(1).describe('folder of the chart'),
  values: z.array(z.string().min(1)).max(50).default([]).describe('values files, the last one wins'),
  strict: z.boolean().default(false).describe('whether a warning of `helm lint` is an error'),
  release: plainName.optional().describe('deployed release whose own values are compared with the values files'),
  mayChange: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'paths of values that may differ from the deployed release ("image.tag"), and no others; without it all may',
    ),
})

type Options = z.infer<typeof schema>

export const helmChart = defineCheck({
  id: 'helm-chart',
  summary: 'judges a helm chart: it lints, it renders with the values files, and changes of a release only what it may',
  options: schema,
  example: {
    chart: 'deploy/chart',
    values: ['deploy/values-production.yaml'],
    release: 'shop',
    mayChange: ['image.tag'],
  },
  failingExample: { chart: '.' },
  secretFields: [],
  remedy: 'correct the chart or the values files until `helm lint` and `helm template` are content',
  needs: 'helm',

  recognise(item) {
    const words = allWordsOf(item)
    const command = find(words, /\bhelm (?:lint|template)\b[^`\n]*/i)
    const claim =
      find(
        words,
        /\bhelm charts? (?:[\w./-]+\/[\w./-]+ )?(?:is |are )?(?:valid\w*|linted|lints?|renders?)\b|\bhelm lint (?:passes|passed|is clean)\b/i,
      ) ?? command
    const path =
      /\bhelm lint (?:--strict )?(\.{0,2}\/?[\w./-]+)/i.exec(words)?.[1] ??
      item.code.find((span) => /^[\w.-]*\/[\w./-]+$/.test(span))
    if (
      !claim ||
      !path ||
      isPlaceholder(path) ||
      /^-|passes|passed|reports/.test(path) ||
      /\b(?:if|troubleshoot\w*|fails?)\b/i.test(words)
    )
      return null
    return propose(SURE.said, { chart: path.replace(/\.$/, '') || '.' }, [claim, path])
  },

  describe({ chart, values, strict, release, mayChange }) {
    const bounds = [
      strict ? 'lints without a warning' : 'lints',
      'renders',
      release === undefined
        ? ''
        : `changes of ${release} ${mayChange ? mayChange.join(', ') || 'nothing' : 'what it wants'}`,
    ]
    return `chart ${chart}${values.length > 0 ? ` with ${values.join(', ')}` : ''}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => lookAtChart(options, context)),
})

async function lookAtChart(options: Options, context: CheckContext): Promise<Outcome> {
  const { chart, values, strict, release = 'release-name', namespace } = options
  const path = resolve(context.directory, chart)
  const isThere = await stat(resolve(path, 'Chart.yaml')).catch(() => null)
  if (!isThere) return failed(`there is no chart in ${chart}`, { remedy: 'name the folder that Chart.yaml stands in' })
  const files = values.map((file) => `--values=${resolve(context.directory, file)}`)
  // Neither asks a cluster: rendering is done by the chart alone.
  const alone = { timeoutMs: options.timeoutMs, namespace }
  const lint = await ask(
    context,
    helm(alone, context.directory, 'lint', path, ...files, ...(strict ? ['--strict'] : [])),
  )
  if (!lint.ok) return refusal('helm lint', lint)
  const rendered = await ask(context, helm(alone, context.directory, 'template', release, path, ...files))
  if (!rendered.ok) return refusal('helm template', rendered)
  const manifests = rendered.value.split(/^---.*$/m).filter((text) => /^kind:\s*\S/m.test(text)).length
  const lines = [excerpt(lint.value, 4096), `${manifests} manifests rendered`]
  const measurements = [{ name: 'manifests', value: manifests, unit: 'count' }]
  const seen = `chart ${chart} lints and renders ${plural(manifests, 'manifest')}`
  if (manifests === 0) return failed(`chart ${chart} renders nothing`, { measurements })
  if (options.release === undefined) return outcomeOf({ seen, complaints: [], lines, measurements })
  const changes = await changesOf(options, options.release, context)
  if (!changes.ok) return changes.outcome
  const { mayChange } = options
  const complaints = mayChange ? changes.paths.filter((one) => !mayChange.some((allowed) => isBelow(one, allowed))) : []
  return outcomeOf({
    seen: `${seen}; ${plural(changes.paths.length, 'value')} ${changes.paths.length === 1 ? 'differs' : 'differ'} from release ${options.release}`,
    complaints: complaints.map((one) => `${one} changes`),
    lines: [...lines, ...changes.paths.map((one) => `changes: ${one}`)],
    measurements: [...measurements, { name: 'changed values', value: changes.paths.length, unit: 'count' }],
    remedy: 'take the change out of the values files, or add its path to mayChange',
  })
}

/** helm that could look and says no is a chart that is not as it should be. */
function refusal(what: string, no: NoAnswer): Outcome {
  const outcome = couldNotLook(no)
  if (no.why === 'missing' || no.why === 'late' || no.why === 'nonsense') return outcome
  return failed(`${what}: ${excerpt(no.said, 300)}`, { evidence: outcome.evidence })
}

type Changes = { ok: true; paths: string[] } | { ok: false; outcome: Outcome }

/** Only the paths of what differs are told: values may be secret. */
async function changesOf(options: Options, release: string, context: CheckContext): Promise<Changes> {
  const answer = await askJson(context, helm(options, context.directory, 'get', 'values', release, '--output=json'))
  if (!answer.ok)
    return {
      ok: false,
      outcome:
        answer.why === 'absent' ? failed(`there is no release ${release}`) : couldNotLook({ ...answer, stderr: '' }),
    }
  const deployed = valuesSchema.safeParse(answer.value)
  if (!deployed.success) return { ok: false, outcome: couldNotLook(nonsense('helm', 'what it printed are no values')) }
  const { parse } = await import('yaml')
  let wanted: Values = {}
  for (const file of options.values)
    try {
      const text = await readFile(resolve(context.directory, file), 'utf8')
      wanted = mergeValues(wanted, valuesSchema.parse(parse(text)) ?? {})
    } catch (error) {
      return {
        ok: false,
        outcome: unverified(`${file} could not be read: ${(messageOf(error).split('\n')[0] ?? '').slice(0, 200)}`),
      }
    }
  return { ok: true, paths: changedPaths(deployed.data ?? {}, wanted) }
}

const valuesSchema = z.record(z.string(), z.unknown()).nullable()

// Whether the certificates that cert-manager keeps in a namespace are ready, and how long they last.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { plural } from '../../lib/plural.ts'
import { unverified, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { clusterFields, list, namespaceField, placeOf, plainName } from './kubernetes/kubectl.ts'
import { namespaceIn } from './kubernetes/namespace-words.ts'
import { conditionsSchema, metadataSchema } from '../../lib/kubernetes/workload.ts'
import { couldNotLook } from './program.ts'
import { outcomeOf } from './report.ts'

const DAY_MS = 86_400_000

const schema = z.strictObject({
  ...clusterFields,
  ...namespaceField,
  allNamespaces: z.boolean().default(false).describe('whether all namespaces are looked at'),
  certificates: z
    .array(plainName)
    .min(1)
    .max(200)
    .optional()
    .describe('names of certificates; without it all there are'),
  daysLeftMin: z.number().nonnegative().default(14).describe('days each must still be valid, at least'),
})

type Options = z.infer<typeof schema>

const certificateSchema = z.object({
  metadata: metadataSchema,
  status: z.object({ conditions: conditionsSchema, notAfter: z.string().nullish() }).nullish(),
})

type Certificate = z.infer<typeof certificateSchema>

export const kubeCertificates = defineCheck({
  id: 'kube-certificates',
  summary: 'judges certificates of cert-manager in a Kubernetes cluster: ready, and days left',
  options: schema,
  example: { namespace: 'shop', certificates: ['shop-tls'], daysLeftMin: 21 },
  failingExample: { namespace: 'shop', certificates: ['no-such-certificate'] },
  secretFields: [],
  remedy: 'read `kubectl describe certificate` and the challenges and orders it names',
  needs: 'kubectl',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\bcert-manager certificates?\b[^.\n]{0,30}\b(?:ready|issued|valid)\b|\bcertificates?\b[^.\n]{0,40}\b(?:issued|ready|valid)\b[^.\n]{0,20}\b(?:by|in|from) cert-manager\b|\bkubectl get certificates?\b/i,
    )
    if (!claim || /\b(?:if|install\w*|alerts?|monitor\w*|not)\b/i.test(words)) return null
    const namespace = namespaceIn(words)
    if (namespace === 'unclear') return null
    if (namespace) return propose(SURE.said, { namespace }, [claim, namespace])
    return propose(SURE.likely, {}, [claim], "no namespace in the words: the context's own is looked at")
  },

  describe: (options) =>
    `${options.certificates?.join(', ') ?? 'all certificates'} in ${placeOf(options)}: ready, at least ${options.daysLeftMin} days left`,

  run: (options, context) => look(context, () => lookAtCertificates(options, context)),
})

async function lookAtCertificates(options: Options, context: CheckContext): Promise<Outcome> {
  const found = await list(context, options, 'certificates.cert-manager.io', certificateSchema)
  if (!found.ok) return couldNotLook(found)
  const { certificates: wanted, daysLeftMin } = options
  const chosen = found.value.filter(({ metadata }) => wanted?.includes(metadata.name) ?? true)
  const missing = (wanted ?? []).filter((name) => !chosen.some(({ metadata }) => metadata.name === name))
  if (chosen.length === 0 && missing.length === 0)
    return unverified(`there are no certificates in ${placeOf(options)}`, {
      remedy: 'correct the namespace, or name the certificates',
    })
  const days = chosen.map(daysLeft)
  const known = days.filter((left) => left !== null)
  const complaints = [
    ...missing.map((name) => `there is no certificate ${name}`),
    ...chosen.flatMap((certificate, index) => troublesOf(certificate, days[index] ?? null, daysLeftMin)),
  ]
  return outcomeOf({
    seen: `${plural(chosen.length, 'certificate')} in ${placeOf(options)}`,
    complaints,
    lines: chosen.map(({ metadata, status }) => `${metadata.name}: until ${status?.notAfter ?? 'not said'}`),
    measurements: known.length > 0 ? [{ name: 'certificate days left', value: Math.min(...known), unit: 'days' }] : [],
  })
}

function daysLeft({ status }: Certificate): number | null {
  const until = Date.parse(status?.notAfter ?? '')
  return Number.isNaN(until) ? null : Math.floor((until - Date.now()) / DAY_MS)
}

function troublesOf({ metadata, status }: Certificate, left: number | null, daysLeftMin: number): string[] {
  const name = `certificate ${metadata.name}`
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status !== 'True')
    return [`${name} is not ready${ready?.message ? `: ${excerpt(ready.message, 200)}` : ''}`]
  if (left === null) return [`${name} does not say how long it lasts`]
  return left < daysLeftMin ? [`${name} has ${left} days left, at least ${daysLeftMin} wanted`] : []
}

// Whether objects exist in a namespace: secrets and config maps with their keys, services with endpoints, claims that are bound.
import { z } from 'zod'
import { inParallel } from '../../lib/in-parallel.ts'
import { plural } from '../../lib/plural.ts'
import type { Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { look } from '../look.ts'
import { allWordsOf, find, isPlaceholder, propose, SURE } from '../words.ts'
import { clusterFields, kubectl, namespaceField, placeOf } from './kubernetes/kubectl.ts'
import { namespaceIn } from './kubernetes/namespace-words.ts'
import { ask, couldNotLook, nonsense, type Answer } from './program.ts'
import { outcomeOf } from './report.ts'

const OBJECT = /^[A-Za-z][\w.-]{0,100}\/[a-z0-9][a-z0-9.-]{0,252}$/
const AT_ONCE_MAX = 4

const objectName = z.string().regex(OBJECT, 'not KIND/NAME; expected one like "secret/db-credentials"')

const schema = z.strictObject({
  ...clusterFields,
  ...namespaceField,
  objects: z
    .array(objectName)
    .min(1)
    .max(100)
    .describe('what must exist, as "secret/db-credentials", "configmap/shop", "ingress/shop", "service/api"'),
  keys: z
    .record(objectName, z.array(z.string().min(1)).min(1))
    .default({})
    .describe(
      'keys that a secret or config map must have, and not empty: "secret/db-credentials": [password]; values are never read',
    ),
  endpoints: z.boolean().default(true).describe('whether a service must have an endpoint that is ready'),
})

type Options = z.infer<typeof schema>

/** Of an object what tells of its state, and of its data only names and lengths: what is secret never leaves the API server's reader. */
const TEMPLATE =
  '{{printf "kind %s\\n" .kind}}{{with .metadata.deletionTimestamp}}{{printf "deleted %s\\n" .}}{{end}}' +
  '{{with .status}}{{with .phase}}{{printf "phase %s\\n" .}}{{end}}{{end}}' +
  '{{with .spec}}{{with .type}}{{printf "type %s\\n" .}}{{end}}{{end}}' +
  '{{range $key, $value := .data}}{{printf "key %d %s\\n" (len $value) $key}}{{end}}' +
  '{{range $key, $value := .binaryData}}{{printf "key %d %s\\n" (len $value) $key}}{{end}}'

const READY_ENDPOINTS =
  '{{range .items}}{{range .endpoints}}{{if .conditions.ready}}{{printf "ready\\n"}}{{end}}{{end}}{{end}}'

/** What a kind is called where its state is judged. */
const SHORT: Readonly<Record<string, string>> = {
  svc: 'service',
  services: 'service',
  cm: 'configmap',
  secrets: 'secret',
}

const kindOf = (object: string): string => {
  const kind = (object.split('/')[0] ?? '').toLowerCase()
  return SHORT[kind] ?? kind
}

export const kubeObjects = defineCheck({
  id: 'kube-objects',
  summary:
    'judges that secrets, config maps, services and other objects of a namespace exist, without reading their values',
  options: schema,
  example: {
    namespace: 'shop',
    objects: ['secret/db-credentials', 'service/api', 'ingress/shop'],
    keys: { 'secret/db-credentials': ['username', 'password'] },
  },
  failingExample: { namespace: 'shop', objects: ['secret/no-such-secret'] },
  secretFields: [],
  remedy: 'create what is missing, in the right namespace',
  needs: 'kubectl',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(words, /\b(?:exists?|created|present|in place|available|deployed|configured)\b/i)
    if (
      !claim ||
      /\b(?:if|create the|delete|rotat\w+|backed up|backup|encrypted|alerts?|monitor\w*|not|documented|review\w*)\b/i.test(
        words,
      )
    )
      return null
    const namespace = namespaceIn(words)
    const names = item.code.filter(
      (span) => span !== namespace || /\bnamespace `?\S+ (?:is |was )?(?:created|exists)/i.test(words),
    )
    const isName = (span: string): boolean =>
      /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/.test(span) && !isPlaceholder(span)
    const kind =
      /\b(?:kubernetes|k8s) (secret|service|ingress|namespace)\b|\b(config ?map|service ?account|namespace|persistentvolumeclaim|pvc)\b/i.exec(
        words,
      )
    const [name, ...others] = names
    if (!kind || !name || !isName(name) || others.length > 0 || namespace === 'unclear') return null
    const said = (kind[1] ?? kind[2] ?? '').toLowerCase().replace(' ', '')
    const where = namespace && namespace !== name ? { namespace } : {}
    return propose(SURE.said, { ...where, objects: [`${said}/${name}`] }, [kind[0], name])
  },

  describe(options) {
    const { objects, keys } = options
    const names = [...new Set([...objects, ...Object.keys(keys)])].map((name) => {
      const own = keys[name]
      return own ? `${name} (${own.join(', ')})` : name
    })
    return `in ${placeOf(options)}: ${names.join(', ')}`
  },

  run: (options, context) => look(context, () => lookAtObjects(options, context)),
})

interface Look {
  complaints: string[]
  line: string
}

async function lookAtObjects(options: Options, context: CheckContext): Promise<Outcome> {
  const names = [...new Set([...options.objects, ...Object.keys(options.keys)])]
  const looks = await inParallel(names, AT_ONCE_MAX, (name) => lookAtOne(name, options, context))
  const unseen = looks.find((one) => !one.ok)
  const seen = looks.flatMap((one) => (one.ok ? [one.value] : []))
  const complaints = seen.flatMap((one) => one.complaints)
  if (unseen && !unseen.ok && complaints.length === 0) return couldNotLook(unseen)
  return outcomeOf({
    seen: `${plural(names.length, 'object')} in ${placeOf(options)}`,
    complaints,
    lines: seen.map(({ line }) => line),
    measurements: [{ name: 'objects', value: names.length, unit: 'count' }],
  })
}

async function lookAtOne(name: string, options: Options, context: CheckContext): Promise<Answer<Look>> {
  const question = kubectl(options, context.directory, 'get', name, `--output=go-template=${TEMPLATE}`)
  const answer = await ask(context, question)
  if (!answer.ok) {
    // An API without such a kind is not the same as a kind without such an object.
    if (answer.why !== 'absent' || !/\(NotFound\)/.test(answer.said)) return answer
    return { ok: true, value: { complaints: [`there is no ${name}`], line: `${name}: not there` } }
  }
  const facts = answer.value.split('\n')
  const fact = (word: string): string | undefined =>
    facts.find((one) => one.startsWith(`${word} `))?.slice(word.length + 1)
  if (!fact('kind')) return nonsense('kubectl', `what it printed says nothing of ${name}`)
  const troubles = [
    ...(fact('deleted') ? ['is being deleted'] : []),
    ...(kindOf(name) === 'persistentvolumeclaim' || kindOf(name) === 'pvc' ? unless(fact('phase'), 'Bound') : []),
    ...(kindOf(name) === 'namespace' ? unless(fact('phase'), 'Active') : []),
    ...keyTroubles(facts, options.keys[name] ?? []),
  ]
  if (kindOf(name) === 'service' && options.endpoints && fact('type') !== 'ExternalName') {
    const ready = await endpointsOf(name, options, context)
    if (!ready.ok) return ready
    if (ready.value === 0) troubles.push('has no endpoint that is ready')
  }
  const complaints = troubles.map((trouble) => `${name} ${trouble}`)
  return { ok: true, value: { complaints, line: `${name}: ${troubles.join(', ') || 'there'}` } }
}

function unless(phase: string | undefined, wanted: string): string[] {
  return phase === wanted ? [] : [`is ${phase ?? 'in no phase'}, not ${wanted}`]
}

function keyTroubles(facts: readonly string[], wanted: readonly string[]): string[] {
  const lengths = new Map<string, number>()
  for (const fact of facts) {
    const [, length, key] = /^key (\d+) (.+)$/.exec(fact) ?? []
    if (key !== undefined) lengths.set(key, Number(length))
  }
  return wanted.flatMap((key) => {
    const length = lengths.get(key)
    if (length === undefined) return [`has no key ${key}`]
    return length === 0 ? [`has nothing under the key ${key}`] : []
  })
}

async function endpointsOf(name: string, options: Options, context: CheckContext): Promise<Answer<number>> {
  const selector = `kubernetes.io/service-name=${name.split('/')[1]}`
  const args = ['get', 'endpointslices', `--selector=${selector}`, `--output=go-template=${READY_ENDPOINTS}`]
  const answer = await ask(context, kubectl(options, context.directory, ...args))
  return answer.ok ? { ok: true, value: answer.value.split('\n').filter((line) => line === 'ready').length } : answer
}

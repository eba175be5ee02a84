// Options of the target kind `kubernetes`: strict, and each mode asks for what it needs.
import { z } from 'zod'
import { clusterFields, namespaceField, objectName, plainName } from '../../lib/kubectl.ts'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { slotNames } from '../cluster/slots.ts'
import { modeField } from '../fields.ts'

const fields = z.strictObject({
  ...clusterFields,
  ...namespaceField,
  mode: modeField.describe(
    '`beside`: a workload for each version, and a router splits traffic; `in-place`: one is updated',
  ),
  manifest: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Beside: YAML file with one Deployment or StatefulSet and whatever each version has of its own; `{version}`, `{name}` (see `name`) and `{slot}` are filled in. Relative to gonogo.yaml',
    ),
  from: workloadName().optional().describe('Beside, instead of a manifest: a workload of the cluster to copy'),
  name: z
    .string()
    .regex(/^[a-z](?:[a-z0-9-]|\{version\}|\{slot\})*$/, 'not a name; expected one like "web-{version}"')
    .refine((text) => /\{(?:version|slot)\}/.test(text), 'it must hold `{version}` or `{slot}`')
    .optional()
    .describe('Beside: what the objects of a version are called. Default: target name and `{version}`, or `{slot}`'),
  slots: slotNames
    .optional()
    .describe('Beside: versions take turns in these slots, as ["blue", "green"]; without them each has its own names'),
  service: z
    .union([
      z.literal('none'),
      z.strictObject({
        port: z.number().int().min(1).max(65_535).describe('Port of the Service'),
        targetPort: z
          .union([z.number().int().min(1).max(65_535), plainName])
          .optional()
          .describe('Port of the container, or its name. Default: the same'),
      }),
    ])
    .optional()
    .describe('Beside: a Service for each version, so that routers can lead to it; "none" where nobody asks it'),
  sharedServices: z
    .array(objectName)
    .default([])
    .describe('Beside: Services that may lead to every version as soon as it is ready, as one for metrics'),
  workload: workloadName().optional().describe('In place: what is updated'),
  image: z
    .string()
    .min(1)
    .regex(/^[^\s|]+$/, 'not an image')
    .optional()
    .describe('Image of a version, as "registry.internal/web:{version}"'),
  container: objectName.optional().describe('Which container gets image and env. Default: the first'),
  env: z.record(z.string(), z.string()).default({}).describe('Added to its environment; `{version}` is filled in'),
  replicas: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Beside: pods of a version at full strength. Default: as the manifest or the copied workload says'),
  retire: z
    .enum(['scale', 'delete'])
    .default('scale')
    .describe('Beside: a version that is retired is scaled to 0 and kept, or its objects are deleted'),
  keepRetired: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(2)
    .describe('Beside: so many versions scaled to 0 are kept, the oldest is deleted; slots stay'),
  readyTimeoutMs: milliseconds.default(300_000).describe('Longest until every pod is available'),
  patienceMs: milliseconds
    .default(20_000)
    .describe(
      'Longest with an image that cannot be pulled, a crash loop or an exceeded quota, when nothing gets better',
    ),
  stopTimeoutMs: milliseconds.default(120_000).describe('Longest until the pods of a retired version are gone'),
  timeoutMs: milliseconds.default(20_000).describe('Longest for each question to the cluster'),
})

function workloadName() {
  return z
    .string()
    .regex(/^(?:deployment|statefulset)\/[a-z0-9][-a-z0-9.]*$/, 'expected "deployment/NAME" or "statefulset/NAME"')
}

export type KubernetesOptions = z.output<typeof fields>

export const optionsSchema = fields.superRefine((options, context) => {
  for (const [path, message] of problems(options)) context.addIssue({ code: 'custom', path: [path], message })
})

/** What does not go together: option and why. */
function* problems(options: KubernetesOptions): Generator<[string, string]> {
  const { mode, manifest, from, workload, image, env, name, slots } = options
  const varies = [image ?? '', ...Object.values(env)].some((text) => text.includes('{version}'))
  if (mode === 'in-place') {
    if (workload === undefined)
      yield ['workload', 'in place needs `workload`: which Deployment or StatefulSet is updated']
    if (!varies) yield ['image', 'in place needs `{version}` in `image` or `env`: nothing would change']
    for (const key of ['manifest', 'from', 'name', 'slots', 'service', 'replicas'] as const)
      if (options[key] !== undefined) yield [key, 'is for mode "beside" only']
    return
  }
  if ((manifest === undefined) === (from === undefined)) yield ['manifest', 'either `manifest` or `from` is needed']
  if (from !== undefined && !varies)
    yield ['image', '`from` needs `{version}` in `image` or `env`: versions would be the same']
  if (from !== undefined && options.service === undefined)
    yield ['service', '`from` needs `service`, with the port at which a version is reached, or "none"']
  if (workload !== undefined) yield ['workload', 'is for mode "in-place" only']
  if (name?.includes('{slot}') && !slots) yield ['slots', '`{slot}` in `name` needs `slots`']
  if (slots && name && !name.includes('{slot}')) yield ['name', 'with `slots` it must hold `{slot}`']
  if (slots && name?.includes('{version}')) yield ['name', 'with `slots` it cannot hold `{version}`']
}

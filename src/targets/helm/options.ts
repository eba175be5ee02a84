// Options of the target kind `helm`: strict, and each mode asks for what it needs.
import { z } from 'zod'
import { clusterFields, namespaceField } from '../../lib/kubectl.ts'
import { milliseconds } from '../../lib/milliseconds-option.ts'
import { slotNames } from '../cluster/slots.ts'
import { modeField } from '../fields.ts'

const word = z
  .string()
  .min(1)
  .regex(/^[^-\s]\S*$/, 'a word that does not begin with "-"')

/** What a value of a chart may be; texts have their `{version}`, `{release}` and `{slot}` filled in. */
const value = z.union([z.string(), z.number(), z.boolean(), z.null()])

const fields = z.strictObject({
  ...clusterFields,
  ...namespaceField,
  mode: modeField.describe(
    '`beside`: a release for each version, and a router splits traffic; `in-place`: one is upgraded',
  ),
  chart: word.describe(
    'Chart: a folder or archive relative to gonogo.yaml ("./chart"), "repository/chart", or an oci:// address',
  ),
  chartVersion: word.optional().describe('Version of the chart; `{version}` is filled in. Default: the newest'),
  release: z
    .string()
    .max(53)
    .regex(/^[a-z](?:[a-z0-9-]|\{version\}|\{slot\})*$/, 'not a name; expected one like "web-{version}"')
    .describe('Name of the release: with `{version}` or `{slot}` beside, the one release in place'),
  slots: slotNames.optional().describe('Beside: versions take turns in these slots, as ["blue", "green"]'),
  valuesFiles: z.array(word).default([]).describe('Files of values, relative to gonogo.yaml; later ones win'),
  set: z
    .record(z.string().regex(/^[\w-]+(?:\.[\w-]+)*$/, 'not a path; expected one like "image.tag"'), value)
    .default({})
    .describe('Values by path, as they are (text stays text), over those of the files: { "image.tag": "{version}" }'),
  service: z
    .union([
      z.literal('none'),
      z.strictObject({
        name: z.string().min(1).default('{release}').describe("Name of the chart's Service; `{release}` is filled in"),
        port: z.number().int().min(1).max(65_535).default(80).describe('Its port'),
      }),
    ])
    .prefault({})
    .describe('Beside: how routers reach a version; "none" where nobody asks it'),
  versionFrom: z
    .string()
    .regex(
      /^(?:app-version|chart-version|value:[\w.-]+)$/,
      'expected "app-version", "chart-version" or "value:image.tag"',
    )
    .optional()
    .describe('In place: what tells the version of a release. Default: the path under `set` that holds `{version}`'),
  timeoutMs: milliseconds.default(300_000).describe('Longest for one install, upgrade or rollback, its pods included'),
  stopTimeoutMs: milliseconds.default(120_000).describe('Longest until the pods of a retired version are gone'),
  callTimeoutMs: milliseconds.default(30_000).describe('Longest for each question to helm or the cluster'),
})

export type HelmOptions = z.output<typeof fields>

export const optionsSchema = fields.superRefine((options, context) => {
  for (const [path, message] of problems(options)) context.addIssue({ code: 'custom', path: [path], message })
})

function* problems(options: HelmOptions): Generator<[string, string]> {
  const { mode, release, slots, set, chartVersion = '' } = options
  const holds = (place: string): boolean => release.includes(place)
  if (mode === 'in-place') {
    if (holds('{')) yield ['release', 'in place it is one release: it holds no `{version}` and no `{slot}`']
    if (slots) yield ['slots', 'is for mode "beside" only']
    if (versionSource(options) === null)
      yield ['versionFrom', 'nothing tells the version: hold `{version}` under `set`, or say where it is seen']
    return
  }
  const [wanted, other] = slots ? ['{slot}', '{version}'] : ['{version}', '{slot}']
  if (!holds(wanted)) yield ['release', `beside it must hold \`${wanted}\``]
  if (holds(other)) yield ['release', slots ? 'with `slots` it cannot hold `{version}`' : '`{slot}` needs `slots`']
  if (![chartVersion, ...Object.values(set)].some((text) => String(text).includes('{version}')))
    yield ['set', '`{version}` is needed under `set` or in `chartVersion`: versions would be the same']
}

/** Where the version of a release is seen. */
export type VersionSource = { kind: 'app-version' | 'chart-version' } | { kind: 'value'; path: string; pattern: string }

/** Null where nothing tells. */
export function versionSource({ versionFrom, set, chartVersion }: HelmOptions): VersionSource | null {
  if (versionFrom === 'app-version' || versionFrom === 'chart-version') return { kind: versionFrom }
  const patterned = (path: string): VersionSource => {
    const text = set[path]
    return { kind: 'value', path, pattern: typeof text === 'string' && text.includes('{version}') ? text : '{version}' }
  }
  if (versionFrom !== undefined) return patterned(versionFrom.slice('value:'.length))
  const [path] = Object.entries(set).find(([, text]) => String(text).includes('{version}')) ?? []
  if (path !== undefined) return patterned(path)
  return chartVersion === '{version}' ? { kind: 'chart-version' } : null
}

// Whether a Docker engine answers, which version it is, which images it has, and how much it stores.
import { z } from 'zod'
import { excerpt } from '../../lib/excerpt.ts'
import { inParallel } from '../../lib/in-parallel.ts'
import { formatSize, parseSizeBytes } from '../../lib/size.ts'
import { failed, type Measurement, type Outcome } from '../../plan/outcome.ts'
import { defineCheck, type CheckContext } from '../check.ts'
import { sizeBytes } from '../fields.ts'
import { look } from '../look.ts'
import { isInRange, parseVersion, parseVersionRange } from '../../lib/version-range.ts'
import { allWordsOf, find, propose, SURE } from '../words.ts'
import { docker, engineFields } from './docker.ts'
import { parseImage } from './registry/image-reference.ts'
import { ask, askJson, couldNotLook, nonsense, type Answer } from './program.ts'
import { outcomeOf } from './report.ts'

const AT_ONCE_MAX = 4

const schema = z.strictObject({
  ...engineFields,
  version: z
    .string()
    .refine((text) => parseVersionRange(text) !== null, 'not a version range; expected text like ">=24"')
    .optional()
    .describe('versions of the engine that are right, as ">=24"'),
  images: z
    .array(z.string().refine((text) => parseImage(text) !== null, 'not the name of an image'))
    .max(100)
    .default([])
    .describe('images the engine must have, as "shop:1.4.2"'),
  storedBytesMax: sizeBytes
    .optional()
    .describe('what images, containers, volumes and build cache may take together: "20 GB"'),
})

type Options = z.infer<typeof schema>

export const dockerEngine = defineCheck({
  id: 'docker-engine',
  summary: 'asks a Docker engine whether it runs, and judges its version, its images and what it stores',
  options: schema,
  example: { version: '>=24', images: ['shop:1.4.2'], storedBytesMax: '50 GB' },
  failingExample: { version: '<1.0' },
  secretFields: [],
  remedy: 'start the engine, and let this user speak to it',
  needs: 'docker',

  recognise(item) {
    const words = allWordsOf(item)
    const claim = find(
      words,
      /\bdocker(?: engine| daemon| service)?(?: \(?v?\d[\d.]*\+?\)?)? (?:is )?(?:installed(?: and running)?|running|up and running|available)\b|\bdocker (?:info|version)\b/i,
    )
    const otherwise = /\b(?:if|compose|images?|containers?|not|alerts?|monitor\w*|swarm|hub|desktop)\b/i
    if (!claim || otherwise.test(words)) return null
    const version = /\bdocker\b[^\n]{0,20}?\b(?:v|version )?(\d{2}(?:\.\d+)*)\+/i.exec(words)?.[1]
    return propose(SURE.likely, version ? { version: `>=${version}` } : {}, [claim])
  },

  describe({ version, images, storedBytesMax, context }) {
    const bounds = [
      'answers',
      version === undefined ? '' : `version ${version}`,
      images.length > 0 ? `has ${images.join(', ')}` : '',
      storedBytesMax === undefined ? '' : `stores at most ${formatSize(storedBytesMax)}`,
    ]
    return `docker engine${context === undefined ? '' : ` of context ${context}`}: ${bounds.filter(Boolean).join(', ')}`
  },

  run: (options, context) => look(context, () => lookAtEngine(options, context)),
})

const infoSchema = z.object({
  ServerVersion: z.string().min(1),
  ContainersRunning: z.number(),
  Images: z.number(),
})

async function lookAtEngine(options: Options, context: CheckContext): Promise<Outcome> {
  const answer = await askJson(context, docker(options, 'info', '--format={{json .}}'))
  if (!answer.ok) {
    const outcome = couldNotLook(answer)
    const isDown = answer.why === 'unreachable' || answer.why === 'late'
    return isDown ? failed(`no engine answers: ${excerpt(answer.said, 200)}`, { evidence: outcome.evidence }) : outcome
  }
  const info = infoSchema.safeParse(answer.value).data
  // Older programs exit 0 and tell of an unreachable engine in the answer.
  const errors = z.object({ ServerErrors: z.array(z.string()).min(1) }).safeParse(answer.value)
  if (errors.success) return failed(`no engine answers: ${excerpt(errors.data.ServerErrors[0] ?? '', 200)}`)
  const version = parseVersion(info?.ServerVersion ?? '')
  if (!info || !version) return couldNotLook(nonsense('docker', 'it named no version of the engine'))
  const missing = await missingImages(options, context)
  if (!missing.ok) return couldNotLook(missing)
  const stored = options.storedBytesMax === undefined ? null : await storedBytes(options, context)
  if (stored && !stored.ok) return couldNotLook(stored)
  return judge(options, info, missing.value, stored?.value ?? null)
}

function judge(
  options: Options,
  info: z.infer<typeof infoSchema>,
  missing: readonly string[],
  storedBytesNow: number | null,
): Outcome {
  const { version, storedBytesMax } = options
  const range = version === undefined ? null : parseVersionRange(version)
  const own = parseVersion(info.ServerVersion)
  const complaints = [
    ...(range && own && !isInRange(own, range) ? [`version ${version} wanted`] : []),
    ...missing.map((image) => `it has no image ${image}`),
    ...(storedBytesMax !== undefined && storedBytesNow !== null && storedBytesNow > storedBytesMax
      ? [`it stores ${formatSize(storedBytesNow)}, at most ${formatSize(storedBytesMax)} wanted`]
      : []),
  ]
  const measurements: Measurement[] = [
    { name: 'containers running', value: info.ContainersRunning, unit: 'count' },
    ...(storedBytesNow === null ? [] : [{ name: 'stored', value: storedBytesNow, unit: 'bytes' }]),
  ]
  const seen = `engine ${excerpt(info.ServerVersion, 40)} answers`
  return outcomeOf({ seen, complaints, lines: [JSON.stringify(info)], measurements })
}

async function missingImages(options: Options, context: CheckContext): Promise<Answer<string[]>> {
  const answers = await inParallel(options.images, AT_ONCE_MAX, (image) =>
    ask(context, docker(options, 'image', 'inspect', '--format={{.Id}}', image)),
  )
  const unseen = answers.find((answer) => !answer.ok && answer.why !== 'absent')
  if (unseen && !unseen.ok) return unseen
  return { ok: true, value: options.images.filter((_, index) => !answers[index]?.ok) }
}

const storedSchema = z.array(z.object({ Type: z.string(), Size: z.string() })).min(1)

/** One line of JSON for each sort of thing that is stored. */
async function storedBytes(options: Options, context: CheckContext): Promise<Answer<number>> {
  const answer = await ask(context, docker(options, 'system', 'df', '--format={{json .}}'))
  if (!answer.ok) return answer
  const unread = nonsense('docker', 'it does not say what it stores')
  try {
    const rows = storedSchema.parse(
      answer.value
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    )
    const sizes = rows.map(({ Size }) => parseSizeBytes(Size))
    return sizes.includes(null) ? unread : { ok: true, value: (sizes as number[]).reduce((sum, size) => sum + size, 0) }
  } catch {
    return unread
  }
}

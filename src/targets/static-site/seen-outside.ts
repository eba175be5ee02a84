// Whether visitors get the version: asked as they ask.
import { pause, withDeadline } from '../../lib/deadline.ts'
import { messageOf, OutsideError } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { httpRequest } from '../../lib/http-request.ts'
import { publicUrl } from '../../lib/url-option.ts'
import type { ProbeOptions } from './options.ts'
import type { SiteManifest } from './site-files.ts'

const EVERY_MS = 100
const ANSWER_MS_MAX = 5000

/** @throws OutsideError when `times` right answers in a row do not come in time: what came instead. */
export async function requireSeen(
  system: string,
  probe: ProbeOptions,
  manifest: Pick<SiteManifest, 'version' | 'files'>,
  signal: AbortSignal,
): Promise<void> {
  const expected = manifest.files.find(({ path }) => path === probe.file)
  if (!expected && probe.contains === undefined)
    throw new OutsideError(system, `version ${manifest.version} has no file ${probe.file}, which \`probe\` asks for`, {
      hint: 'set `probe: file:` to the file that is answered at its `url`',
    })
  const marker = probe.contains?.replaceAll('{version}', manifest.version)
  const isRight = (body: Buffer): boolean =>
    marker === undefined ? sha256(body) === expected?.sha256 : body.includes(marker)
  const endsAt = performance.now() + probe.timeout
  for (let right = 0; right < probe.times;) {
    signal.throwIfAborted()
    const seen = await answerOf(probe.url, signal)
    right = seen.body && isRight(seen.body) ? right + 1 : 0
    if (right > 0) continue
    if (performance.now() > endsAt)
      throw new OutsideError(
        system,
        `was switched, but ${publicUrl(probe.url)} does not show ${manifest.version}: ${seen.problem ?? (marker === undefined ? `the answer is not its ${probe.file}` : `the answer does not hold "${marker}"`)}`,
        { retryable: true, hint: 'does the web server serve the link `current`? is there a cache in front (`cdn`)?' },
      )
    await pause(EVERY_MS, signal)
  }
}

async function answerOf(url: string, signal: AbortSignal): Promise<{ body?: Buffer; problem?: string }> {
  try {
    const { status, body } = await httpRequest({ url, redirectsMax: 3 }, withDeadline(ANSWER_MS_MAX, signal))
    return status === 200 ? { body } : { problem: `it answered ${status}` }
  } catch (error) {
    return { problem: messageOf(error) }
  }
}

// Which version one request goes to: what its preview header or cookie asks, else what its client's cookie draws, else chance.
import { positionOf } from './choosing.ts'
import { clientIdIn, cookieIn, newClientId } from './client-cookie.ts'
import type { ForwardHead } from './headers.ts'
import type { Routing } from './routing.ts'
import type { ProxySettings } from './settings.ts'

export interface Choice {
  version: string
  /** Asked for by name: this version answers or none. */
  previewed: boolean
  /** Id for the cookie of a client that has none yet. */
  newClientId: string | null
}

/** The choice for a request, or null when it asks for a version that the table does not have. */
export function chooseFor(head: ForwardHead, routing: Routing, settings: ProxySettings): Choice | null {
  if (head.preview !== undefined) {
    const version = routing.previewed(head.preview)
    return version === null ? null : { version, previewed: true, newClientId: null }
  }
  const { previewCookie } = settings
  if (previewCookie !== null && head.cookie?.includes(previewCookie)) {
    const version = routing.previewed(cookieIn(head.cookie, previewCookie) ?? '')
    // Left over from an earlier release, it asks for nobody.
    if (version !== null) return { version, previewed: true, newClientId: null }
  }
  if (settings.stickyCookie === null || !routing.shares.split)
    return { version: routing.versionAt(Math.random() * 100), previewed: false, newClientId: null }
  const known = clientIdIn(head.cookie, settings.stickyCookie)
  const id = known ?? newClientId()
  const version = routing.versionAt(positionOf(id, routing.shares.salt))
  return { version, previewed: false, newClientId: known === null ? id : null }
}

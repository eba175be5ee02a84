// Options of every router that looks at requests itself: how testers ask for a version, how a client keeps its own, whose word counts for
// where a request came from.
import { z } from 'zod'

/** A header name as this option takes it. */
export const headerName = z.string().regex(/^[a-z0-9-]+$/, 'a header name in lower case')

/** A cookie name that every proxy can match. */
export const cookieName = z.string().regex(/^\w+(-\w+)*$/, 'a cookie name')

export const clientFields = {
  previewHeader: headerName
    .nullable()
    .default('x-gonogo-version')
    .describe('Request header that asks for one version (`v2`, `candidate`, `stable`); responses carry who answered'),
  stickyCookie: cookieName
    .nullable()
    .default('gonogo-client')
    .describe('Cookie that keeps a client at its version while traffic is split; null: every request is drawn anew'),
  trustForwarded: z
    .boolean()
    .default(false)
    .describe('Keep x-forwarded-* of the request (another proxy stands in front) instead of replacing them'),
}

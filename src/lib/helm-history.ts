// What `helm history --output=json` prints: the revisions of a release.
import { z } from 'zod'

const revisionSchema = z.object({
  revision: z.number(),
  updated: z.string(),
  status: z.string(),
  chart: z.string(),
  app_version: z.string().nullish(),
  description: z.string().nullish(),
})

/** One revision, as helm writes its fields. */
export type HelmRevision = z.infer<typeof revisionSchema>

/** Newest first. */
export const helmHistory = z
  .array(revisionSchema)
  .transform((revisions) => revisions.toSorted((a, b) => b.revision - a.revision))

// Slots that versions take turns in.
import { z } from 'zod'
import { objectName } from '../../lib/kubectl.ts'

/** Part of a name: what is called after a slot must still be a name. */
const SLOT_CHARS_MAX = 30

export const slotNames = z
  .array(objectName.max(SLOT_CHARS_MAX))
  .min(2)
  .max(10)
  .refine((slots) => new Set(slots).size === slots.length, 'each slot once')

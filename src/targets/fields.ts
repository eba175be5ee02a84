// Option fields that several kinds of targets share.
import { z } from 'zod'

/** Whether both versions run at once, or one takes the other's place; each kind describes what that is for it. */
export const modeField = z.enum(['beside', 'in-place']).default('beside')

// A time limit or an interval as an option of gonogo.yaml takes it.
import { z } from 'zod'

/** Whole milliseconds: at least one, at most a day. */
export const milliseconds = z.int().min(1).max(86_400_000)

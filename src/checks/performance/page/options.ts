// Options of the page check.
import { z } from 'zod'
import { pattern, sizeBytes, timeoutMs, url } from '../../fields.ts'

/** As axe weighs what it finds, from the least on. */
export const IMPACTS = ['minor', 'moderate', 'serious', 'critical'] as const

const ms = z.number().positive().optional()
const count = z.number().int().min(0).optional()
const names = z
  .array(z.string().regex(/^[\w.-]+$/))
  .min(1)
  .optional()

/** Options of the page check. */
export const pageFields = z.strictObject({
  url: url('http', 'https').describe('address of the page; user and password in it become basic authentication'),
  cookies: z
    .record(z.string(), z.string())
    .default({})
    .describe('cookies for the host of the page; values are secrets'),
  domContentLoadedMsMax: ms.describe('longest time until the document is read'),
  loadMsMax: ms.describe('longest time until the page and all that belongs to it is loaded'),
  largestContentfulPaintMsMax: ms.describe('longest time until the largest thing of it is painted'),
  layoutShiftMax: z.number().positive().optional().describe('largest cumulative layout shift; 0.1 is called good'),
  bytesMax: sizeBytes.optional().describe('most that may come over the wire, as "2 MB"'),
  consoleErrorsMax: count.describe('errors on the console, uncaught ones included, at most'),
  failedRequestsMax: count.describe('requests of the page that failed or were answered with 400 or more, at most'),
  text: z.string().min(1).optional().describe('text that must be seen on it'),
  selector: z.string().min(1).optional().describe('CSS selector of something that must be visible'),
  titleMatches: pattern.optional().describe('regular expression its title must match'),
  accessibility: z
    .strictObject({
      impactMin: z.enum(IMPACTS).default('serious').describe('what weighs less is not counted'),
      violationsMax: z.number().int().min(0).default(0).describe('rules that may be broken'),
      rules: names.describe("axe's rules to look at, by id; without it those of axe"),
      tags: names.describe("or by axe's tags, as wcag2aa"),
      except: names.describe('rules left out'),
    })
    .optional()
    .describe('what axe-core finds; it finds about half of what keeps people out'),
  screenshot: z.string().min(1).optional().describe('PNG file to keep a picture of it in'),
  hosts: z
    .array(z.string().regex(/^[\w.:-]+$/))
    .optional()
    .describe('hosts it may ask beside its own; no other is reached. Without it all are'),
  width: z.number().int().min(100).max(10_000).default(1280).describe('width of the window, pixels'),
  height: z.number().int().min(100).max(10_000).default(800).describe('height of the window, pixels'),
  settleMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(1000)
    .describe('how long it may go on after it has loaded, before it is judged'),
  executablePath: z.string().optional().describe('the browser; without it a Chromium or Chrome on the PATH'),
  timeoutMs: timeoutMs(30_000).describe('how long all of it may take'),
})

export type PageOptions = z.infer<typeof pageFields>

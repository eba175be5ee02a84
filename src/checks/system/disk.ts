// Free space, and room for files, of the file system a path is on.
import { statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../lib/errors.ts'
import { formatSize } from '../../lib/size.ts'
import { failed, passed, unverified } from '../../plan/outcome.ts'
import { defineCheck } from '../check.ts'
import { sizeBytes } from '../fields.ts'
import { look } from '../look.ts'
import { find, propose, sentenceOf, SURE } from '../words.ts'

const schema = z
  .strictObject({
    path: z.string().min(1).default('.').describe('file or directory on the file system to look at'),
    freeBytesMin: sizeBytes.optional().describe('space free for this user, at least: bytes or "10 GB"'),
    freePercentMin: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('space free for this user as a share of all usable space, at least'),
    inodesFreePercentMin: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe(
        'inodes free as a share of all: a file system full of small files takes no more, whatever space is left',
      ),
  })
  .refine(
    (o) => o.freeBytesMin !== undefined || o.freePercentMin !== undefined || o.inodesFreePercentMin !== undefined,
    'give freeBytesMin, freePercentMin or inodesFreePercentMin',
  )

type Options = z.infer<typeof schema>

export const disk = defineCheck({
  id: 'disk',
  summary: 'compares the free space of a file system with a minimum',
  options: schema,
  example: { path: 'backups', freeBytesMin: '10 GB' },
  failingExample: { path: '.', freeBytesMin: '100 EB' },
  secretFields: [],
  remedy: 'free space or enlarge the volume',

  recognise(item) {
    const sentence = sentenceOf(item)
    // A total ("100 GB SSD") is no free space, and an alert on usage is the alert's.
    const claim = find(
      sentence,
      /\bdisk\b[^.]{0,20}\b(?:space|usage|free|full|utili[sz]ation|available)\b|\bfree (?:disk )?space\b|\b(?:free|available)\b[^.]{0,15}\b(?:disk|storage)\b/i,
    )
    if (
      !claim ||
      /\b(?:alert\w*|alarms?|monitor\w*|notif\w+|quota|database|redis|volume|per (?:node|pod))\b/i.test(sentence)
    )
      return null
    for (const { operator, value, unit, text, relativeTo } of item.thresholds) {
      if (value === null || relativeTo !== null) continue
      const above = operator === '>' || operator === '>='
      const below = operator === '<' || operator === '<='
      const usage = /usage|used|full|utili/i.test(claim)
      if (unit === 'bytes' && above && !usage)
        return propose(SURE.said, { path: '.', freeBytesMin: value }, [claim, text])
      if (unit === 'percent' && above && !usage)
        return propose(SURE.said, { path: '.', freePercentMin: value }, [claim, text])
      if (unit === 'percent' && below && usage)
        return propose(SURE.likely, { path: '.', freePercentMin: 100 - value }, [claim, text])
    }
    return null
  },

  describe: (options) => `free space at ${options.path}: ${bounds(options)}`,

  run: (options, context) =>
    look(context, async () => {
      let space: Awaited<ReturnType<typeof statfs>>
      try {
        space = await statfs(resolve(context.directory, options.path))
      } catch (error) {
        return unverified(`${options.path}: ${messageOf(error)}`, { remedy: 'correct the path' })
      }
      const { bsize, blocks, bfree, bavail, files, ffree } = space
      const freeBytes = bavail * bsize
      // What is kept back for root is neither used nor usable, as df counts it.
      const usableBytes = (blocks - bfree + bavail) * bsize
      const freePercent = usableBytes > 0 ? shareOf(freeBytes, usableBytes) : Number.NaN
      if (Number.isNaN(freePercent)) return unverified(`${options.path}: its file system has no size`)
      const measurements = [
        { name: 'free space', value: freeBytes, unit: 'bytes' },
        { name: 'free share', value: freePercent, unit: 'percent' },
      ]
      let seen = `${options.path}: free ${formatSize(freeBytes)} (${freePercent} %)`
      let enough = freeBytes >= (options.freeBytesMin ?? 0) && freePercent >= (options.freePercentMin ?? 0)
      if (options.inodesFreePercentMin !== undefined) {
        // btrfs and its like make inodes as they need them, and count none.
        if (files === 0)
          return unverified(`${options.path}: its file system counts no inodes`, {
            measurements,
            remedy: 'leave inodesFreePercentMin out here',
          })
        const inodesFreePercent = shareOf(ffree, files)
        measurements.push({ name: 'free inodes', value: inodesFreePercent, unit: 'percent' })
        seen += `, ${inodesFreePercent} % of the inodes`
        enough &&= inodesFreePercent >= options.inodesFreePercentMin
      }
      return enough
        ? passed(`${seen}, ${bounds(options)} wanted`, { measurements })
        : failed(`${seen}, but ${bounds(options)} wanted`, {
            measurements,
            remedy: 'free space or enlarge the file system',
          })
    }),
})

/** Percent, to a tenth, never more than there is. */
function shareOf(part: number, whole: number): number {
  return Math.floor((part / whole) * 1000) / 10
}

function bounds({ freeBytesMin, freePercentMin, inodesFreePercentMin }: Options): string {
  const parts = [
    freeBytesMin === undefined ? '' : `at least ${formatSize(freeBytesMin)}`,
    freePercentMin === undefined ? '' : `at least ${freePercentMin} %`,
    inodesFreePercentMin === undefined ? '' : `at least ${inodesFreePercentMin} % of the inodes`,
  ]
  return parts.filter(Boolean).join(' and ')
}

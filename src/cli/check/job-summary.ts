// The summary of a job of GitHub Actions: a file that the runner names, to which every step adds.
import { appendFileSync, statSync } from 'node:fs'
import { messageOf } from '../../lib/errors.ts'
import { JOB_SUMMARY_BYTES_MAX, renderJobSummary } from '../../report/github.ts'
import { checkedRelease, type CheckEnd } from './checked.ts'

/** Adds what a check came to; nothing where no runner asks for it. That it cannot be written changes no verdict. */
export function appendJobSummary(end: CheckEnd): void {
  const path = process.env.GITHUB_STEP_SUMMARY
  if (!path) return
  try {
    const already = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    appendFileSync(path, renderJobSummary(checkedRelease(end), Math.max(0, JOB_SUMMARY_BYTES_MAX - already)))
  } catch (error) {
    process.stderr.write(`gonogo: the job summary could not be written: ${messageOf(error)}\n`)
  }
}

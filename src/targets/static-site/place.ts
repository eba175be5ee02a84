// Where a site is put: a folder or a bucket.
import type { Capacity } from '../target.ts'
import type { SiteManifest } from './site-files.ts'

export interface Place {
  /** What is where: `folder /var/www/shop`. */
  readonly name: string
  /** The version that serves; null where there is none yet. @throws OutsideError */
  current(signal: AbortSignal): Promise<string | null>
  /** What a version consists of; null where it is not there. @throws OutsideError */
  manifest(version: string, signal: AbortSignal): Promise<SiteManifest | null>
  /** Puts a version there, whole or not at all, beside the one that serves. @throws OutsideError */
  prepare(version: string, source: string, signal: AbortSignal): Promise<void>
  /** How much of a version is there: whole files of all its files. Quick. */
  ready(version: string): Promise<Capacity>
  /** Makes it the one that serves. @throws OutsideError where it is not there whole. */
  switchTo(version: string, signal: AbortSignal): Promise<void>
  /** Lines of POSIX sh that do the same. */
  shell(version: string): string
  /** What both would do, a sentence or command a line. */
  plan(version: string, source: string): { prepare: string[]; switch: string[] }
}

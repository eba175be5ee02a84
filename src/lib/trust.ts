// Certificate authorities: the usual ones, and those of a file if one is named.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { getCACertificates } from 'node:tls'

/**
 * TLS options that trust the system's authorities and those of `caFile`.
 * @throws the system's error when the file cannot be read.
 */
export function trustOptions(caFile: string | undefined, directory: string): { ca?: string[] } {
  if (caFile === undefined) return {}
  return { ca: [...getCACertificates('default'), readFileSync(resolve(directory, caFile), 'utf8')] }
}

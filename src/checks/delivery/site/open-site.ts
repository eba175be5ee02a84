// A published site as files: of a folder, or over HTTP. What cannot be read for reasons of ours is unknown, not missing.
import { readFile, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { withDeadline } from '../../../lib/deadline.ts'
import { codeOf, messageOf } from '../../../lib/errors.ts'
import { httpRequest } from '../../../lib/http-request.ts'
import { formatSize } from '../../../lib/size.ts'
import type { CheckContext } from '../../check.ts'
import type { Access } from '../../instrument.ts'

const BYTES_MAX = 32 << 20

/** A file of the site; `isUnknown` where it may well be there. */
export type Published = { isThere: true; body: Buffer } | { isThere: false; isUnknown: boolean; said: string }

export interface Site {
  read(path: string): Promise<Published>
}

interface Place {
  folder?: string | undefined
  url?: string | undefined
}

/** The site at a place. */
export function openSite({ folder, url }: Place, access: Access, context: CheckContext): Site {
  if (folder !== undefined) return { read: (path) => readFrom(resolve(context.directory, folder), path) }
  return { read: (path) => download(new URL(url ?? ''), path, access, context.signal) }
}

async function readFrom(folder: string, path: string): Promise<Published> {
  const file = join(folder, decoded(path))
  // What leads out of the folder is not published with it.
  if (!file.startsWith(folder + sep)) return missing('is not inside the site')
  try {
    const { size } = await stat(file)
    if (size > BYTES_MAX) return unknown(`is larger than ${formatSize(BYTES_MAX)}`)
    return { isThere: true, body: await readFile(file) }
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '')
    return isMissing ? missing('is missing') : unknown(`cannot be read: ${messageOf(error)}`)
  }
}

async function download(base: URL, path: string, access: Access, parent: AbortSignal): Promise<Published> {
  const { timeoutMs, ...rest } = access
  const signal = withDeadline(timeoutMs, parent)
  const address = new URL(base)
  address.pathname = `${base.pathname.replace(/\/+$/, '')}/${path}`
  try {
    const { status, body } = await httpRequest({ url: address.href, ...rest, bytesMax: BYTES_MAX }, signal)
    if (status === 200) return { isThere: true, body }
    // Buckets answer 403 for what is not there where listing is not allowed: for the visitor of a site it is missing all the same.
    if (status === 401 || status === 429 || status >= 500) return unknown(`cannot be read: answered ${status}`)
    return missing(`is missing: answered ${status}`)
  } catch (error) {
    if (codeOf(error) === 'ECONNREFUSED') return missing('is not served: nothing listens there')
    return unknown(signal.aborted ? `did not come within ${timeoutMs} ms` : `cannot be read: ${messageOf(error)}`)
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function missing(said: string): Published {
  return { isThere: false, isUnknown: false, said }
}

function unknown(said: string): Published {
  return { isThere: false, isUnknown: true, said }
}

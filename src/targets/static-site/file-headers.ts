// What a bucket tells browsers about a file: its type, and how long they may keep it.
import { extname, matchesGlob } from 'node:path'
import type { BucketOptions } from './options.ts'

export interface FileHeaders {
  contentType: string
  cacheControl: string
}

/** In which order files are published: what is referred to first, what refers to it last. */
export type Sort = 'immutable' | 'other' | 'entry-point'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.xml': 'application/xml',
  '.rss': 'application/rss+xml',
  '.atom': 'application/atom+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.otf': 'font/otf',
  '.eot': 'application/vnd.ms-fontobject',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
  '.pdf': 'application/pdf',
  '.zip': 'application/zip',
  '.gz': 'application/gzip',
  '.wasm': 'application/wasm',
}

/** A part of a name that build tools make of the content: digits and letters mixed, eight or more of them. */
const HASH = /[.-](?=[\w-]*\d)(?:[0-9a-f]{8,64}|(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{8,32})\.[a-z0-9.]+$/
/** `report-20240101.pdf`: a date is no hash. */
const DATE = /[.-]\d+\.[a-z0-9.]+$/

export function sortOf(path: string, { entryPoints, immutable }: BucketOptions): Sort {
  if (entryPoints.some((glob) => matchesGlob(path, glob))) return 'entry-point'
  const isImmutable = immutable
    ? immutable.some((glob) => matchesGlob(path, glob))
    : HASH.test(path) && !DATE.test(path)
  return isImmutable ? 'immutable' : 'other'
}

export function headersOf(path: string, given: BucketOptions): FileHeaders {
  const ending = extname(path).toLowerCase()
  const field = { immutable: 'immutable', other: 'others', 'entry-point': 'entryPoints' } as const
  return {
    contentType: given.contentTypes[ending] ?? TYPES[ending] ?? 'application/octet-stream',
    cacheControl: given.cacheControl[field[sortOf(path, given)]],
  }
}

// Objects of Kubernetes that stand in files: YAML of one or more documents, or JSON.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { messageOf } from '../../../lib/errors.ts'

const FILES_MAX = 1000
const FILE_BYTES_MAX = 8 << 20

/** A document of a file, not yet looked at. */
export interface ManifestObject {
  file: string
  object: unknown
}

export type Manifests = { ok: true; objects: ManifestObject[] } | { ok: false; said: string }

/** Of files, and of every `.yaml`, `.yml` and `.json` below folders. Lists are given as what they hold. */
export async function readManifests(paths: readonly string[], directory: string): Promise<Manifests> {
  const { parseAllDocuments } = await import('yaml')
  const objects: ManifestObject[] = []
  try {
    const files = await filesOf(paths, directory)
    if (files.length > FILES_MAX) return { ok: false, said: `more than ${FILES_MAX} files` }
    for (const file of files) {
      const path = resolve(directory, file)
      if ((await stat(path)).size > FILE_BYTES_MAX)
        return { ok: false, said: `${file} is over ${FILE_BYTES_MAX} bytes` }
      const text = await readFile(path, 'utf8')
      if (/^\s*\{\{|:\s*\{\{/m.test(text)) return { ok: false, said: `${file} is a template: render it first` }
      for (const document of parseAllDocuments(text)) {
        const [error] = document.errors
        if (error) return { ok: false, said: `${file}: ${error.message.split('\n')[0]}` }
        objects.push(...flat(document.toJS()).map((object) => ({ file, object })))
      }
    }
    return { ok: true, objects }
  } catch (error) {
    return { ok: false, said: messageOf(error) }
  }
}

async function filesOf(paths: readonly string[], directory: string): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      if (!(await stat(resolve(directory, path))).isDirectory()) return [path]
      const names = await readdir(resolve(directory, path), { recursive: true })
      return names
        .filter((name) => /\.(?:ya?ml|json)$/i.test(name))
        .toSorted()
        .map((name) => join(path, name))
    }),
  )
  return found.flat()
}

function flat(object: unknown): unknown[] {
  if (object === null || object === undefined) return []
  const { kind, items } = object as { kind?: unknown; items?: unknown }
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [object]
}

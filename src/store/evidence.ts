// Evidence as files named by the hash of their content: `evidence/ab/abcdef...` in the state directory.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EvidenceStore } from '../conduct/ports.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { codeOf, messageOf, OutsideError } from '../lib/errors.ts'
import { sha256 } from '../lib/hash.ts'

const SHA256 = /^[0-9a-f]{64}$/

/** Keeps evidence in the state directory, readable by its owner only. */
export function createEvidenceStore(stateDirectory: string): EvidenceStore {
  const directory = join(stateDirectory, 'evidence')
  const pathOf = (hash: string): string => join(directory, hash.slice(0, 2), hash)

  async function get(hash: string): Promise<string | null> {
    if (!SHA256.test(hash)) return null
    try {
      const content = await readFile(pathOf(hash))
      return sha256(content) === hash ? content.toString('utf8') : null
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw unusable(directory, 'read', error)
    }
  }

  return {
    get,
    async put(name, mediaType, content) {
      const bytes = Buffer.from(content)
      const hash = sha256(bytes)
      const ref = { name, mediaType, sha256: hash, bytes: bytes.length }
      const path = pathOf(hash)
      // A file that was damaged since is written anew.
      if (existsSync(path) && (await get(hash)) !== null) return ref
      try {
        writeFileAtomic(path, bytes, 0o600)
      } catch (error) {
        throw unusable(directory, 'written', error)
      }
      return ref
    },
  }
}

function unusable(directory: string, done: string, cause: unknown): OutsideError {
  return new OutsideError('evidence', `${directory} cannot be ${done}: ${messageOf(cause)}`, {
    cause,
    hint: 'see that the disk has space and the directory is yours',
  })
}

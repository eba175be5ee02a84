// Contract of a store: a place away from the database where copies lie too. Keys are names with slashes, below what it was made for.
import type { z } from 'zod'

/** What a file must be when it has arrived. */
export interface FileProof {
  bytes: number
  /** 64 hexadecimal digits. */
  sha256: string
}

export interface StoredFile {
  key: string
  bytes: number
  /** Milliseconds since the epoch. */
  modifiedAt: number
}

export interface Store {
  /** For people and lists, unique among the stores of a backup: `folder /mnt/backups/main`, `s3 bucket/prefix/main`. */
  readonly name: string
  /** There whole and proved (size and checksum are read back), or not there. @throws OutsideError */
  put(key: string, file: string, proof: FileProof, signal: AbortSignal): Promise<void>
  /** Writes `file`, which must not exist; the caller proves it. @throws OutsideError */
  get(key: string, file: string, signal: AbortSignal): Promise<void>
  /** All there are, in no order. None where nothing was ever put. @throws OutsideError */
  list(signal: AbortSignal): Promise<StoredFile[]>
  /** Nothing happens where there is none. @throws OutsideError */
  remove(key: string, signal: AbortSignal): Promise<void>
  /** Removes what killed uploads left that is not a file yet. @throws OutsideError */
  clean(signal: AbortSignal): Promise<void>
}

export interface StoreContext {
  /** Directory of gonogo.yaml. */
  directory: string
  /** Name of the backup: its copies lie in a folder of this name. */
  name: string
}

/** A kind of store: one file here, its test, one line in `stores.ts`. */
export interface StoreKind<Options extends { store: string } = { store: string }> {
  id: string
  options: z.ZodType<Options>
  secretFields: readonly string[]
  create(options: Options, context: StoreContext): Store
}

/** What killed uploads left is removed when it is older: another machine may be at it. */
export const ABANDONED_MS = 86_400_000

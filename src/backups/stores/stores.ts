// Every kind of store: one line a kind; and the option `upload` of all backups.
import { z } from 'zod'
import { folder } from './folder.ts'
import { s3 } from './s3.ts'
import type { Store, StoreContext, StoreKind } from './store.ts'

const kinds = [folder, s3] as const

/** Where copies are put besides. */
export const uploadOption = z
  .array(z.discriminatedUnion('store', [folder.options, s3.options] as never) as unknown as z.ZodType<StoreOptions>)
  .max(10)
  .default([])
  .describe('Stores that get every copy too: verified there, kept there by the same retention')

export type StoreOptions = { store: string } & Record<string, unknown>

/** Names of options that hold secrets, of all kinds. */
export const storeSecretFields: readonly string[] = kinds.flatMap(({ secretFields }) => secretFields)

/** The stores of a backup, in the order given. */
export function openStores(uploads: readonly StoreOptions[], context: StoreContext): Store[] {
  return uploads.map((options) => {
    const kind = kinds.find(({ id }) => id === options.store) as StoreKind<StoreOptions> | undefined
    if (!kind) throw new Error(`no store "${options.store}"`)
    return kind.create(options, context)
  })
}

// A binding's options as they may be shown: as written, defaults filled in, secrets only by reference.
import { findKind, parseOptions } from '../../catalog/catalog.ts'
import { publicUrl } from '../../lib/url-option.ts'
import type { ChosenItem } from './selection.ts'

export interface ShownOption {
  name: string
  /** As JSON would write it; text without quotation marks. */
  value: string
  isDefault: boolean
}

/** What is nothing but references, behind the word for a kind of token or not, gives no secret away. */
const REFERENCES_ONLY = /^(?:(?:Bearer|Basic|Token) +)?(?:\$\{(?:env|file):[^}]+\})+$/i
const HIDDEN = '[secret]'

/** Every option that has a value, in the order in which the kind declares them. */
export function shownOptions({ check, options }: Pick<ChosenItem['binding'], 'check' | 'options'>): ShownOption[] {
  const kind = findKind('check', check, { path: 'check' })
  const resolved = parseOptions(kind.options, options, { path: `check ${check}` }) as Record<string, unknown>
  return Object.entries(resolved).flatMap(([name, parsed]) => {
    const isDefault = !Object.hasOwn(options, name)
    const value = isDefault ? parsed : options[name]
    if (value === undefined || (isDefault && isEmpty(value))) return []
    const shown = kind.secretFields.includes(name) ? withoutSecrets(value) : value
    return [{ name, value: typeof shown === 'string' ? shown : JSON.stringify(shown), isDefault }]
  })
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value === '' || REFERENCES_ONLY.test(value)) return value
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? publicUrl(value) : HIDDEN
  }
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutSecrets(member)]))
}

// What the server writes, as the values of our contract.
import type { CustomTypesConfig } from 'pg'
import type { Value } from '../database.ts'

/** Type oids of Postgres; they never change. */
const BOOL = 16
const BYTEA = 17
const INT8 = 20
const INT2 = 21
const INT4 = 23
const OID = 26
const FLOAT4 = 700
const FLOAT8 = 701
const TIMESTAMP = 1114
const TIMESTAMPTZ = 1184

const parsers: Record<number, (text: string) => Value> = {
  // As SQLite has it, so that both engines give equal keys.
  [BOOL]: (text) => (text === 't' ? 1 : 0),
  [BYTEA]: bytesOf,
  [INT8]: integerOf,
  [INT2]: Number,
  [INT4]: Number,
  [OID]: Number,
  [FLOAT4]: Number,
  [FLOAT8]: Number,
  [TIMESTAMP]: (text) => text.replace(' ', 'T'),
  // The session's time zone is UTC.
  [TIMESTAMPTZ]: (text) => text.replace(' ', 'T').replace(/\+00(?::00)?$/, 'Z'),
}

/** Parsers for a connection; everything else (numeric, uuid, json, arrays) stays as the server writes it. */
export const types: CustomTypesConfig = {
  getTypeParser: ((oid: number) => parsers[oid] ?? String) as CustomTypesConfig['getTypeParser'],
}

function integerOf(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** `\x0aff`, or the older `\012\377` with plain text between, as `bytea_output` is set. */
function bytesOf(text: string): Uint8Array {
  if (text.startsWith(String.raw`\x`)) return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
  const plain = text.replace(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === '\\' ? '\\' : String.fromCharCode(Number.parseInt(code, 8)),
  )
  return new Uint8Array(Buffer.from(plain, 'latin1'))
}

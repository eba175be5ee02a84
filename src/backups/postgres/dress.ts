// What a database is besides its content: encoding, locale, owner, privileges, settings. A dump does not carry it to another name.
import type { Row, Session } from '../../databases/database.ts'
import { quoted } from '../../databases/postgres/session.ts'

export interface Dress {
  owner: string
  encoding: string
  collate: string
  ctype: string
  /** `c` libc, `i` ICU, `b` built in. */
  provider: string
  /** Of ICU or built in. */
  locale: string | null
  tablespace: string
  connectionLimit: number
  /** Null: as every new database has them. Grantee null: PUBLIC. */
  privileges: { grantee: string | null; privilege: string; isGrantable: boolean }[] | null
  /** Role null: for all. */
  settings: { role: string | null; name: string; value: string }[]
  comment: string | null
}

/** Null where there is no such database. Names of columns differ between versions, hence JSON. */
export async function readDress(session: Session, database: string): Promise<Dress | null> {
  const [row] = await ask(
    session,
    `SELECT to_jsonb(d)::text AS all, pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding,
      (SELECT spcname FROM pg_tablespace AS s WHERE s.oid = dattablespace) AS tablespace, shobj_description(d.oid, 'pg_database') AS comment,
      datacl IS NULL AS usual FROM pg_database AS d WHERE datname = $1`,
    database,
  )
  if (!row) return null
  const all = JSON.parse(String(row.all)) as Record<string, unknown>
  const privileges = await ask(
    session,
    `SELECT CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END AS grantee, a.privilege_type AS privilege, a.is_grantable
      FROM pg_database, aclexplode(datacl) AS a WHERE datname = $1 ORDER BY 1, 2`,
    database,
  )
  const settings = await ask(
    session,
    `SELECT CASE setrole WHEN 0 THEN NULL ELSE pg_get_userbyid(setrole) END AS role, split_part(line, '=', 1) AS name,
      substr(line, strpos(line, '=') + 1) AS value
      FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase, unnest(setconfig) AS line WHERE datname = $1 ORDER BY 1, 2`,
    database,
  )
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return {
    owner: String(row.owner),
    encoding: String(row.encoding),
    collate: String(all.datcollate),
    ctype: String(all.datctype),
    provider: text(all.datlocprovider) ?? 'c',
    locale: text(all.datlocale) ?? text(all.daticulocale),
    tablespace: String(row.tablespace),
    connectionLimit: Number(all.datconnlimit),
    privileges:
      row.usual === 1
        ? null
        : privileges.map((one) => ({
            grantee: text(one.grantee),
            privilege: String(one.privilege),
            isGrantable: one.is_grantable === 1,
          })),
    settings: settings.map((one) => ({ role: text(one.role), name: String(one.name), value: String(one.value) })),
    comment: text(row.comment),
  }
}

/** CREATE DATABASE of the same encoding and locale; with `isOwned`, which scratch does not need, of the same owner and place too. */
export function createStatement(database: string, dress: Dress, isOwned: boolean): string {
  const locale =
    dress.locale === null || dress.provider === 'c'
      ? ''
      : dress.provider === 'i'
        ? ` LOCALE_PROVIDER icu ICU_LOCALE ${literal(dress.locale)}`
        : ` LOCALE_PROVIDER builtin BUILTIN_LOCALE ${literal(dress.locale)}`
  const owned = isOwned ? ` OWNER ${quoted(dress.owner)} TABLESPACE ${quoted(dress.tablespace)}` : ''
  return `CREATE DATABASE ${quoted(database)} TEMPLATE template0 ENCODING ${literal(dress.encoding)} LC_COLLATE ${literal(dress.collate)} LC_CTYPE ${literal(dress.ctype)}${locale}${owned}`
}

/** Gives a database nobody uses yet the privileges, settings, limit and comment. @throws OutsideError */
export async function dressUp(session: Session, database: string, dress: Dress): Promise<void> {
  const name = quoted(database)
  const run = (sql: string): Promise<number> => session.run({ sql, parameters: [] })
  await run('BEGIN')
  if (dress.privileges) {
    await run(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
    for (const { grantee, privilege, isGrantable } of dress.privileges)
      await run(
        `GRANT ${keyword(privilege)} ON DATABASE ${name} TO ${grantee === null ? 'PUBLIC' : quoted(grantee)}${isGrantable ? ' WITH GRANT OPTION' : ''}`,
      )
  }
  for (const { role, name: setting, value } of dress.settings) {
    // Lists as search_path cannot be written as one literal; taken from the session they can.
    await session.all({ sql: 'SELECT set_config($1, $2, true)', parameters: [setting, value] })
    const parameter = setting.split('.').map(quoted).join('.')
    const whose = role === null ? `DATABASE ${name}` : `ROLE ${quoted(role)} IN DATABASE ${name}`
    await run(`ALTER ${whose} SET ${parameter} FROM CURRENT`)
  }
  if (dress.connectionLimit !== -1)
    await run(`ALTER DATABASE ${name} CONNECTION LIMIT ${Math.trunc(dress.connectionLimit)}`)
  if (dress.comment !== null) await run(`COMMENT ON DATABASE ${name} IS ${literal(dress.comment)}`)
  await run('COMMIT')
}

/** Text as a string of SQL, whatever `standard_conforming_strings` is. */
export function literal(text: string): string {
  const quotedText = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? `E${quotedText.replaceAll('\\', String.raw`\\`)}` : quotedText
}

/** Names of privileges are words; anything else would not be one. */
function keyword(privilege: string): string {
  if (!/^[A-Z ]+$/.test(privilege)) throw new Error(`no privilege: ${privilege}`)
  return privilege
}

function ask(session: Session, sql: string, parameter: string): Promise<Row[]> {
  return session.all({ sql, parameters: [parameter] })
}

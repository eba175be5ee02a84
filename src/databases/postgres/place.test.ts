// URLs as drivers, platforms and people write them: what is shown of them, and what the server's own programs are given.
import { describe, expect, it } from 'vitest'
import { forLibpq, partsOf, shownPlace, withDatabase } from './place.ts'

describe('a Postgres URL', () => {
  it.each([
    ['postgres://app:secret@db.example.org:6432/shop?sslmode=require', 'db.example.org:6432/shop'],
    ['postgresql://app@db.example.org/shop', 'db.example.org:5432/shop'],
    ['postgres:///shop?host=/var/run/postgresql&user=app', '/var/run/postgresql:5432/shop'],
    ['postgres://app:s%40crt@localhost', 'localhost:5432/app'],
    ['${env:DATABASE_URL}', 'postgres'],
  ])('%s is shown as %s', (url, shown) => {
    expect(shownPlace(url)).toBe(shown)
  })

  it('names another database of the same server', () => {
    const other = withDatabase('postgres://app:secret@db:6432/shop?sslmode=require&dbname=shop', `odd/"na me`)
    expect(partsOf(other)).toEqual({ host: 'db', port: 6432, database: `odd/"na me`, user: 'app' })
    expect(other).toContain('sslmode=require')
  })

  it('is given to programs without the password, which goes by the environment, and without what only drivers know', () => {
    const url =
      'postgres://app:p%40ss%3Aword@db:6432/shop?schema=public&connection_limit=5&sslmode=require&options=-c%20a%3Db'
    expect(forLibpq(url)).toEqual({
      dbname: 'postgres://app@db:6432/shop?sslmode=require&options=-c%20a%3Db',
      env: { PGAPPNAME: 'gonogo', PGPASSWORD: 'p@ss:word' },
    })
    expect(forLibpq('postgres://app@db/shop').env).toEqual({ PGAPPNAME: 'gonogo' })
  })

  it('gives no password that stands in its query either', () => {
    const { dbname, env } = forLibpq('postgres://db/shop?user=app&password=hidden-word')
    expect(dbname).not.toContain('hidden-word')
    expect(env.PGPASSWORD).toBe('hidden-word')
  })
})

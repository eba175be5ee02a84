// The sticky cookie holds a random client id, not a version: where the client goes follows from the id and the weights.

const ID = /^[0-9a-f]{8}$/

/** The client id in a `Cookie` header, or null when there is none of ours. */
export function clientIdIn(cookie: string | undefined, name: string): string | null {
  const id = cookieIn(cookie, name)
  return id !== null && ID.test(id) ? id : null
}

/** The first value of a name in a `Cookie` header, or null. */
export function cookieIn(cookie: string | undefined, name: string): string | null {
  if (cookie === undefined) return null
  for (const part of cookie.split(';')) {
    const equals = part.indexOf('=')
    if (equals !== -1 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim()
  }
  return null
}

/** A new client id. It is a lot in a draw, neither a secret nor unique: 32 bits of ordinary randomness will do. */
export function newClientId(): string {
  return Math.floor(Math.random() * 0x1_00_00_00_00)
    .toString(16)
    .padStart(8, '0')
}

/** The `Set-Cookie` value for an id: for the session, the whole site, not for scripts. */
export function cookieFor(name: string, id: string): string {
  return `${name}=${id}; Path=/; HttpOnly; SameSite=Lax`
}

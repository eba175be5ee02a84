// Values that were never meant to be used: what stands in example files, and what everybody tries first. Values come in, reasons go out.

/** Whole values that stand for something else, white space and case aside. */
const PLACEHOLDER =
  /^(?:change[-_ ]?(?:me|it|this)\b.*|replace[-_ ]?(?:me|this|with)\b.*|(?:your|my)[-_ ].*|(?:insert|put|enter|set|add|paste)[-_ ](?:your|the|a|me|here)\b.*|<.*>|\[.*\]|\{\{.*\}\}|\$\{.*\}|x{3,}|\*{3,}|\.{3,}|_{3,}|-{3,}|todo|tbd|fixme|n\/a|none|null|undefined|dummy|placeholder|example|sample|foo|bar|foobar|baz|fill[-_ ]?(?:me|in|this).*|.*[-_ ](?:goes|go)[-_ ]here|.*[-_](?:change[-_]?me|placeholder|replace[-_]?me))$/i
/** Parts of an address or a longer value that nobody runs in production. */
const PLACEHOLDER_PART =
  /your[-_](?:\w+[-_])?(?:key|token|secret|password|domain|host|id|name|here)\b|\bchange[-_]?me\b|\bx{5,}\b/i

/** Secrets that stand in tutorials, images and word lists. Compared in small letters, without what is no letter or digit. */
const DEFAULTS = new Set(
  `secret mysecret supersecret topsecret verysecret secretkey mysecretkey supersecretkey jwtsecret sessionsecret keyboardcat shhhh
   password passw0rd passwd pass mypassword p4ssw0rd password1 password123 default defaultpassword defaultsecret admin admin123
   administrator root toor guest test testing test123 dev development prod production local localhost postgres mysql mariadb redis
   mongodb mongo rabbitmq rabbit neo4j elastic minio minioadmin grafana keycloak wordpress letmein welcome qwerty qwertyuiop abc123
   abcdef 1234 12345 123456 1234567 12345678 123456789 1234567890 0123456789 0123456789abcdef 0000 00000000 1111 11111111 iloveyou
   changeme changeit changethis token mytoken key mykey apikey myapikey djangoinsecure notsosecret notasecret hunter2 changemeplease
   thisisasecret thisismysecret donotuse insecure unsafe foobar example sample dummy temp temporary devsecret testsecret
   yoursecret yoursecretkey yourpassword yourtoken yourapikey somesecret somethingsecret anothersecret longsecret`
    .split(/\s+/)
    .filter(Boolean),
)

/** Whether a value stands for one that has yet to be filled in. */
export function isPlaceholderValue(value: string): boolean {
  const plain = value.trim().slice(0, 1000)
  return PLACEHOLDER.test(plain) || PLACEHOLDER_PART.test(plain)
}

/** Whether a secret is one that everybody knows: a default alone, twice, or with figures and marks behind it. */
export function isKnownDefault(value: string): boolean {
  const plain = value
    .toLowerCase()
    .slice(0, 1000)
    .replaceAll(/[^a-z0-9]/g, '')
  if (plain === '') return false
  const word = plain.replace(/\d{1,4}$/, '')
  const half = plain.slice(0, plain.length / 2)
  return (
    DEFAULTS.has(plain) ||
    DEFAULTS.has(word) ||
    (plain === half + half && DEFAULTS.has(half)) ||
    /^django-insecure/i.test(value)
  )
}

// Bounds on versions: "Node.js v18+", "TLS 1.2 or higher", "PostgreSQL >= 14", "Python version: at least 3.11".
import { makeBound, type Bound } from './bound.ts'
import { L } from './letters.ts'
import { OPERATOR, readOperator } from './operators.ts'
import { UNIT } from './units.ts'

const SOFTWARE =
  'node(?:\\.?js)?|npm|yarn|pnpm|bun|deno|python|pip|postgres(?:ql)?|java|jdk|openjdk|ruby|php|go(?:lang)?|rust|\\.net(?: core)?|dotnet|redis|' +
  'mysql|mariadb|mongo(?:db)?|neo4j|elasticsearch|opensearch|kafka|rabbitmq|docker(?: engine)?|(?:docker )?compose|podman|kubernetes|k8s|kubectl|helm|' +
  'terraform|ansible|tls|ssl|ubuntu|debian|centos|rhel|macos|windows|ios|android|chrome|firefox|safari|edge|nginx|git|openssl|typescript|react|' +
  'next\\.?js|angular|vue|django|flask|laravel|rails|spring(?: boot)?|flutter|dart|swift|kotlin|gradle|maven|xcode|cuda|sqlite|istio|envoy|argo ?cd|vault|consul|api level|sdk'
const NUMBER = String.raw`(\d+(?:\.\d+)?)(?:\.(?:\d+|x))*(?!\s?[%\d])`
const SUFFIX = String.raw`(\+(?!\d)|,?\s*(?:or|and)\s+(?:higher|later|above|newer|greater|up|more)\b|\s+minimum\b|\s*(?:以上|이상))`
/** What stands before the number: the name, or "version", or a `v` on it. */
const NAMED = new RegExp(
  String.raw`(?<![${L}\d/-])(${SOFTWARE})(?:[\s:(-]+(?:server|runtime|lts|database|cluster|engine|client|cli|version|versions|is|v)){0,3}[\s:(]*?(${OPERATOR}\s*)?(?:version\s*)?v?${NUMBER}${SUFFIX}?`,
  'gi',
)
const LETTERED = new RegExp(
  String.raw`(?<![${L}\d/-])(${OPERATOR}\s*)?(?:v|version[\s:]+(?:is\s+)?(${OPERATOR}\s*)?v?)${NUMBER}${SUFFIX}?`,
  'gi',
)

/** "5.x+": only versions are written so. */
const OPEN = new RegExp(String.raw`(?<![${L}\d./-])(\d+(?:\.\d+)?)\.x${SUFFIX}`, 'gi')
/** "Kubernetes cluster (>= 3 nodes)": what is counted of it. */
const COUNTED =
  '\\s+(?:nodes?|replicas?|instances?|pods?|workers?|cores?|v?cpus?|shards?|connections?|servers?|clients?|containers?|users?|keys?|errors?)\\b'
const FOLLOWED = new RegExp(`^(?:[${L}\\d]|\\s?${UNIT}|${COUNTED})`, 'i')

/** Bounds on versions. A version without an operator or "or higher" is a name. */
export function findVersionBounds(text: string): Bound[] {
  const named = Array.from(text.matchAll(NAMED), (match) => toBound(match, match[1], match.slice(2)))
  const lettered = Array.from(text.matchAll(LETTERED), (match) =>
    toBound(match, undefined, [match[1] ?? match[2], match[3], match[4]]),
  )
  const open = Array.from(text.matchAll(OPEN), (match) => toBound(match, undefined, [undefined, match[1], match[2]]))
  return [...named, ...lettered, ...open].filter((bound) => bound !== null)
}

function toBound(match: RegExpExecArray, name: string | undefined, parts: (string | undefined)[]): Bound | null {
  const [word, number = '', suffix] = parts
  const operator = suffix ? '>=' : word ? readOperator(word.trim(), match.input.slice(0, match.index)) : null
  // "Go 5 minutes", "redis > 80 % of memory": a unit behind it makes it some other number.
  if (!operator || (!suffix && FOLLOWED.test(match.input.slice(match.index + match[0].length)))) return null
  const end = match.index + match[0].length
  const start = name === undefined ? match.index : match.index + match[0].search(/(?<=\D)(?:[<>≤≥=v\d]|at )|$/)
  const bound = makeBound({ start: Math.min(start, end - 1), end }, suffix ? 'plus' : 'symbol', operator, number)
  return { ...bound, unit: 'version', subject: name?.toLowerCase() ?? null }
}

// Documents changed at random, always the same for the same seed: what editors, merges, transfers and attackers make of them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/** Checklists that are there to be read: our own always, third-party ones where their folders exist. */
export function originals(): { documents: Buffer[]; absent: string[] } {
  const shared = ['checklists', 'corpus'].map((name) => join(ROOT, '..', 'shared', name))
  const theirs = shared
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).flatMap((name) => (name.endsWith('.md') ? [join(folder, name)] : [])))
  const own = join(ROOT, 'examples', 'knowledge-graph', 'CHECKLIST.md')
  return {
    documents: [Buffer.from(FRAGMENTS.join('\n')), ...[own, ...theirs].map((path) => readFileSync(path))],
    absent: shared.filter((folder) => !existsSync(folder)),
  }
}

/** Every form of a checklist once. */
const FRAGMENTS = [
  '---\ntitle: Release\n---\n\n# Release 4.2\n',
  '## T-2 hours: readiness (30 minutes)\n',
  '- [ ] **Disk**: more than 20 GB free (`df -h /srv`)\n  - [ ] on the replica too\n    - [x] and on its backup\n',
  '- [x] Error rate < 1%, p95 below 300 ms for 5 minutes\n- [~] Load test: `____ rps` (target: > 500)\n',
  '1. [ ] Tag the commit\n2. Announce it in `#releases`\n',
  '| Metric | Target | Actual | Status |\n|---|:-:|---|---|\n| p99 | < 2 s | `____` | ☐ |\n| Uptime | 99.9% | | ☐ |\n',
  '```bash\n# 1. Build\nmake image && docker push "$REGISTRY/app:$TAG"\n# 2. Watch\nkubectl logs -f deploy/app &\ncat <<EOF > /tmp/x\n$(date)\nEOF\n```\n',
  '```\nEngineer: ____________ Date: ___/___/____\n- [ ] done\n```\n',
  '> **Note:** see [the guide](docs/guide.md) and ![x](y.png)\n> - [ ] quoted\n',
  '<details>\n<summary>More</summary>\n- [ ] inside\n</details>\n\n<!-- - [ ] hidden -->\n',
  '**Roll back immediately if:**\n- Error rate > 5% for 3 minutes\n- 5 consecutive failed health checks\n',
  'Decision: `GO / NO-GO`  ☐ Yes ☐ No\n\nApproved by: **\\*\\***\\_\\_\\_**\\*\\*** [Name]\n',
  '### [ ] Smoke tests\n\nTitle\n-----\n\n* * *\n',
  '## Откат / 回滚\n\n- [ ] エラー率 5% 以下 ✅\n- [ ] доступность более 99,9 %\n',
  'â€“ ðŸš€ lost\r\n- [ ] crlf\r\n\r- [ ] cr\r',
  '\\[ ] *a **b* c** ~~d~~ `e` &lt; 5 <b>f</b> [g][h] www.example.test\n\n[h]: https://example.test "t"\n',
]

/** Numbers from 0 to below 1, always the same for a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const SIGNS = [
  '[',
  ']',
  '*',
  '_',
  '`',
  '```',
  '|',
  '>',
  '- ',
  '- [ ] ',
  '# ',
  '<',
  '<!--',
  '-->',
  '\t',
  '    ',
  '\n',
  '\n\n',
  '\r',
  '\\',
  '&',
  '~~~',
  '____',
  '((((',
  '$(',
  '"',
  "'",
  '<<EOF',
  '1. ',
  '☐',
  '\u0000',
  '\uFEFF',
  '\u2028',
  '\uD83D\uDE80',
]
const WHOLE_EVERY = 50
const WINDOW_BYTES_MAX = 1500

type Random = () => number

/** A document made of one of the originals by up to six changes; mostly a part of it, which keeps many cases quick. */
export function mutate(documents: readonly Buffer[], random: Random): Buffer {
  let bytes = part(
    pick(documents, random),
    random() * WHOLE_EVERY < 1 ? Number.POSITIVE_INFINITY : WINDOW_BYTES_MAX,
    random,
  )
  for (let changes = 1 + below(6, random); changes > 0; changes--)
    bytes = pick(CHANGES, random)(bytes, random, documents)
  return bytes
}

type Change = (bytes: Buffer, random: Random, documents: readonly Buffer[]) => Buffer

const CHANGES: Change[] = [
  function flip(bytes, random) {
    const changed = Buffer.from(bytes)
    for (let count = 1 + below(8, random); count > 0 && changed.length > 0; count--)
      changed[below(changed.length, random)] = below(256, random)
    return changed
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, below(bytes.length + 1, random))
  },
  function cut(bytes, random) {
    const from = below(bytes.length + 1, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + below(200, random))])
  },
  function splice(bytes, random, documents) {
    return insert(bytes, part(pick(documents, random), 800, random), random)
  },
  function addSigns(bytes, random) {
    const signs = Array.from({ length: 1 + below(6, random) }, () => pick(SIGNS, random)).join('')
    return insert(bytes, Buffer.from(signs), random)
  },
  function repeatSign(bytes, random) {
    return insert(bytes, Buffer.from(pick(SIGNS, random).repeat(1 + below(300, random))), random)
  },
  function addFragment(bytes, random) {
    return insert(bytes, Buffer.from(`\n${pick(FRAGMENTS, random)}`), random)
  },
  function repeatLines(bytes, random) {
    return onLines(bytes, random, (lines) => Array.from({ length: 1 + below(20, random) }, () => lines).flat())
  },
  function nestLines(bytes, random) {
    const mark = pick(['  ', '    ', '> ', '- ', '1. ', '\t', '- [ ] '], random)
    const step = below(3, random)
    return onLines(bytes, random, (lines) =>
      lines.map((line, index) => mark.repeat(1 + Math.min(index * step, 30)) + line),
    )
  },
  function shuffleLines(bytes, random) {
    return onLines(bytes, random, (lines) => lines.toSorted(() => random() - 0.5))
  },
  function joinLines(bytes, random) {
    return onLines(bytes, random, (lines) => [lines.join(' ')])
  },
  function encodeTwice(bytes) {
    return Buffer.from(bytes.toString('latin1'), 'utf8')
  },
]

/** Changes a few lines that follow each other. */
function onLines(bytes: Buffer, random: Random, change: (lines: string[]) => string[]): Buffer {
  const lines = bytes.toString('latin1').split('\n')
  const from = below(lines.length, random)
  const count = 1 + below(8, random)
  lines.splice(from, count, ...change(lines.slice(from, from + count)))
  return Buffer.from(lines.join('\n'), 'latin1')
}

function insert(bytes: Buffer, added: Buffer, random: Random): Buffer {
  const at = below(bytes.length + 1, random)
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)])
}

function part(bytes: Buffer, bytesMax: number, random: Random): Buffer {
  const length = Math.min(bytes.length, bytesMax)
  const from = below(bytes.length - length + 1, random)
  return bytes.subarray(from, from + length)
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit)
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[below(values.length, random)] as T
}

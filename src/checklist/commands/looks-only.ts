// Which programs are known to look only. Whoever is not named here changes something: the safe reading.
import type { Call, Calls } from './shell-calls.ts'
import { destroys } from './destructive.ts'
import { changesSql, isSqlClient, sqlOf } from './sql.ts'

type Rule = (args: string[], call: Call) => boolean

const has = (args: readonly string[], pattern: RegExp) => args.some((arg) => pattern.test(arg))

/** Programs without an argument that writes. */
const ALWAYS =
  /^(?:ls|cat|head|tail|grep|egrep|fgrep|zgrep|rg|wc|du|df|free|stat|file|which|whereis|type|id|whoami|groups|date|printenv|echo|printf|dig|nslookup|host|whois|ping|traceroute|nc|sleep|jq|cut|tr|uniq|sort|column|paste|rev|tac|nl|diff|cmp|comm|basename|dirname|realpath|readlink|pwd|test|\[|true|false|:|seq|uptime|uname|hostname|nproc|lscpu|lsblk|lsof|vmstat|iostat|ps|pgrep|pidof|ss|netstat|sha\d+sum|shasum|md5sum|cksum|pg_isready|tree|who|w|last|arch|getent|findmnt|cd|export|set|unset|shopt|pushd|popd|break|continue|exit|wait|less|more)$/
/** Of these programs only the words given look; the words are compared with the verbs, options left out. */
const VERBS: Record<string, RegExp> = {
  kubectl:
    /^(?:get|describe|logs|top|cluster-info|version|explain|diff|wait|api-resources|api-versions|auth can-i|config (?:get-contexts|view|current-context)|rollout (?:status|history))(?: |$)/,
  docker:
    /^(?:ps|images|logs|inspect|stats|version|info|top|port|diff|history|context (?:ls|show)|(?:image|container|volume|network|node|service|stack) (?:ls|inspect|ps|logs)|compose (?:ps|images|logs|config|ls|top|version))(?: |$)/,
  'docker-compose': /^(?:ps|images|logs|config|top|version)(?: |$)/,
  git: /^(?:status|log|diff|show|rev-parse|rev-list|describe|ls-remote|ls-files|ls-tree|blame|shortlog|cat-file|merge-base|name-rev|fetch|grep|branch|tag|remote|remote show \S+|config --get\b.*)$|^(?:status|log|diff|show|rev-parse|rev-list|describe|ls-remote|ls-files|ls-tree|blame|shortlog|cat-file|merge-base|fetch|grep) /,
  gh: /^(?:\S+ (?:list|view|status|diff|checks|watch)|status)(?: |$)/,
  helm: /^(?:list|ls|status|history|lint|template|get|diff|version|show|search|verify)(?: |$)/,
  terraform: /^(?:plan|validate|show|output|version|providers|state (?:list|show))(?: |$)/,
  argocd: /^app (?:get|list|diff|history|wait|logs)(?: |$)/,
  npm: /^(?:test|t|audit|ls|list|outdated|view|info|ping|whoami|-v|run (?:test|lint|type-?check|check|audit|health|verify|validate)[\w:-]*)(?: (?!fix)|$)/,
  systemctl: /^(?:status|is-active|is-enabled|is-failed|list-\S+|show|cat)(?: |$)/,
  pm2: /^(?:list|ls|status|logs|show|describe|info|jlist|prettylist|env|ping)(?: |$)/,
  prisma: /^(?:migrate (?:status|diff)|validate|version)(?: |$)/,
  alembic: /^(?:current|history|heads|show|check)(?: |$)/,
  promtool: /^(?:check|test|query)(?: |$)/,
  aws: /^(?:sts get-caller-identity|s3 ls|s3api (?:list|head|get-bucket)-\S+|logs (?:tail|filter-log-events)|\S+ (?:describe|list|get|head)-\S+|\S+ wait \S+)(?: |$)/,
  gcloud: /^(?:[\w-]+ ){1,4}(?:list|describe|read)(?: |$)/,
  az: /^(?:[\w-]+ ){1,4}(?:list|show)(?: |$)/,
  vercel: /^(?:ls|list|inspect|logs|whoami)(?: |$)/,
  fly: /^(?:status|logs|releases|checks list)(?: |$)/,
  heroku: /^(?:ps|logs|releases|config|status|pg:info)(?: |$)/,
  cargo: /^(?:test|check|clippy|audit|tree)(?: |$)/,
  go: /^(?:test|vet|version|list|env)(?: |$)/,
  make: /^(?:test|lint|check|smoke|smoke-test|verify|typecheck)$/,
  nginx: /^$/,
  openssl: /^(?:s_client|x509|sha\d+|md5|dgst|verify|version)(?: |$)/,
  'redis-cli':
    /^(?:ping|info|dbsize|get|exists|ttl|keys|scan|llen|scard|hlen|hgetall|lrange|type|strlen|time|cluster (?:info|nodes)|config get|client list|memory usage|slowlog get)(?: |$)/i,
  journalctl: /^/,
  crontab: /^$/,
  service: /(?:^| )status$|^--status-all$/,
  tsc: /^$/,
  pytest: /^/,
  jest: /^/,
  vitest: /^/,
  eslint: /^/,
  oxlint: /^/,
  playwright: /^test(?: |$)/,
  cypress: /^run(?: |$)/,
  mypy: /^/,
  ruff: /^check(?: |$)/,
  shellcheck: /^/,
  hadolint: /^/,
  yamllint: /^/,
  trivy: /^/,
  unittest: /^/,
}
const RULES: Record<string, Rule> = {
  curl: (args) =>
    !has(
      args,
      /^(?:-X|--request)(?!=?(?:GET|HEAD|OPTIONS)$).+|^(?:-d|--data.*|-F|--form.*|-T|--upload-file|--json|-O|--remote-name.*|-K|--config)$|^-[A-Za-z]*[dFTO](?![\w.-]*\/)\S*$/,
    ) &&
    valueOf(args, /^(?:-X|--request)$/, /^(?:GET|HEAD|OPTIONS)$/) &&
    valueOf(args, /^(?:-o|--output|-\w*o)$/, /^(?:\/dev\/null|-)$/),
  wget: (args) =>
    has(args, /^--spider$/) || valueOf(args, /^(?:-O|--output-document|-\w*O)$/, /^(?:-|\/dev\/null)$/, true),
  find: (args) => !has(args, /^-(?:delete|fprint.*|fls|ok.*)$/),
  env: (args) => args.length === 0,
  awk: (args) => !has(args, /\bsystem\s*\(|>|\|/) && !has(args, /^-i$|^--in-?place/),
  sed: (args) => !has(args, /^(?:-\w*i.*|--in-place.*)$/) && !has(args, /(?:^|[;/}])\s*[wWe]\s|\/\w*[we]$/),
  top: (args) => has(args, /^-\w*b/),
  cp: () => false,
  source: () => false,
  node: (args) => has(args, /^(?:-v|--version|--test)$/),
  java: (args) => has(args, /^--?version$/),
}

/** Options that belong to the program and not to its verb, with the value they take. */
const LEADING =
  /^(?:-[nfpcHC]|--(?:namespace|context|file|project-name|project|region|profile|kubeconfig|cwd|prefix|env-file|app|chdir))$/

/** Whether everything that is started is known to look only. */
export function callsLookOnly({ calls, substitutes, defines, asks, loopsForever }: Calls): boolean {
  if (substitutes || defines || asks || loopsForever) return false
  return calls.every(looks)
}

function looks(call: Call): boolean {
  const { program, args, redirects, wraps, opaque } = call
  if (opaque || redirects.some(writesFile) || destroys(call)) return false
  if (call.feeds !== null && /^(?:sh|bash|zsh|ssh|sudo|tee|xargs)$/.test(call.feeds) && call.feeds !== 'xargs')
    return false
  if (program === '') return true
  if (wraps) return program !== 'docker' || !args.includes('run')
  if (args.length === 1 && /^(?:--version|-v|-V|--help|version)$/.test(args[0] ?? '')) return true
  if (isSqlClient(program)) return looksInSql(call)
  if (/^(?:pnpm|yarn|bun)$/.test(program)) return VERBS['npm']?.test(args.join(' ')) ?? false
  // A linter that repairs, tests that write their snapshots.
  if (has(args, /^--(?:fix|write|update\S*)$/)) return false
  if (Object.hasOwn(RULES, program)) return RULES[program]?.(args, call) ?? false
  if (Object.hasOwn(VERBS, program)) return VERBS[program]?.test(verbsOf(args, program)) ?? false
  return ALWAYS.test(program)
}

function writesFile({ operator, target }: Call['redirects'][number]): boolean {
  if (operator === '<' || operator === '<&') return false
  return !/^(?:\/dev\/(?:null|stdout|stderr)|&?[0-9-])$/.test(target)
}

function verbsOf(args: readonly string[], program: string): string {
  const words: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (arg === '--') break
    // Once a verb is there, `-n production` is its own business.
    if (LEADING.test(arg) || (program === 'redis-cli' && /^-[hpanu]$/.test(arg))) at++
    else if (!arg.startsWith('-')) words.push(arg)
    else if (program === 'git' && arg.startsWith('--get')) words.push(arg)
  }
  if (program === 'kubectl' && args.some((arg) => /^--dry-run(?:=(?:client|server))?$/.test(arg))) return 'diff'
  if (program === 'helm' && args.includes('--dry-run')) return 'diff'
  if (program === 'nginx') return args.includes('-t') && !args.includes('-s') ? '' : 'runs'
  if (program === 'crontab') return args.includes('-l') ? '' : 'changes'
  if (program === 'tsc') return args.includes('--noEmit') ? '' : 'builds'
  return words.join(' ')
}

/** Every value behind the option is allowed; with `needed` there must be one. */
function valueOf(args: readonly string[], option: RegExp, allowed: RegExp, needed = false): boolean {
  const values = args.flatMap((arg, index) => (option.test(args[index - 1] ?? '') ? [arg] : []))
  return values.every((value) => allowed.test(value)) && (!needed || values.length > 0)
}

/** Clients with nothing but statements that look; a file of statements is not known. */
function looksInSql(call: Call): boolean {
  if (has(call.args, /^(?:-f|--file|-o|--output|-L)(?:=|$)/)) return false
  const texts = sqlOf(call)
  if (texts.length === 0) return has(call.args, /^(?:-l|--list|--version|-V)$/)
  return texts.every((text) => changesSql(text) === 'looks')
}

// Which programs cannot be run and waited for: those that never end by themselves, and those that wait for a person to type.
import type { Call } from './shell-calls.ts'
import { behindOptions } from './shell-wrappers.ts'
import { isSqlClient, sqlOf } from './sql.ts'

type Rule = (args: string[], call: Call) => boolean

const has = (args: readonly string[], pattern: RegExp) => args.some((arg) => pattern.test(arg))
const verbs = (args: readonly string[]) => args.filter((arg) => !arg.startsWith('-')).join(' ')
const FOLLOW = /^(?:-\w*f\w*|--follow(?:=true)?|--tail)$/

/** `docker logs -f`, `kubectl logs --follow`; behind `--` stands another program. */
const followsLogs: Rule = (args) =>
  /(?:^| )logs?(?: |$)/.test(verbs(args)) && has(args, /^(?:-\w*f\w*|--follow(?:=true)?)$/)
const composeUp: Rule = (args) =>
  /(?:^| )up(?: |$)/.test(verbs(args)) &&
  !has(args, /^(?:-\w*d\w*|--detach|--wait|--no-start|--abort-on-container-exit|--exit-code-from.*)$/)
const container: Rule = (args) =>
  followsLogs(args, NO_CALL) ||
  (/^(?:compose(?: \S+)*? )?(?:attach|events|stats)(?: |$)/.test(verbs(args)) && !has(args, /^--no-stream$/)) ||
  (args.includes('compose') && composeUp(args, NO_CALL))
const cluster: Rule = (args) =>
  followsLogs(args, NO_CALL) ||
  /(?:^| )(?:port-forward|proxy|attach)(?: |$)/.test(verbs(args)) ||
  (has(args, /^(?:-w|--watch(?:=true)?|--watch-only)$/) && !/(?:^| )rollout status/.test(verbs(args)))
const runScript: Rule = (args) =>
  /^(?:run )?(?:dev|serve|watch|preview|start|develop)(?::(?:dev|watch|local|prod|production|all))?(?: |$)/.test(
    verbs(args),
  )

const NO_CALL = {} as Call
const ENDLESS_ALWAYS =
  /^(?:watch|htop|btop|atop|nodemon|ngrok|stern|kubetail|tcpdump|http-server|http\.server|live-server|webpack-dev-server|uvicorn|hypercorn|daphne|entr)$/
const ENDLESS: Record<string, Rule> = {
  yes: (_args, call) => call.feeds === null,
  tail: (args) => has(args, /^-\w*[fF]|^--follow/),
  journalctl: (args) => has(args, FOLLOW),
  dmesg: (args) => has(args, /^(?:-w|--follow)$/),
  top: (args) => !has(args, /^-\w*b/) && !has(args, /^-l\d*$/),
  ping: (args) => !has(args, /^-\w*[cw]/),
  sleep: (args) => args[0] === 'infinity',
  docker: container,
  podman: container,
  'docker-compose': (args) => followsLogs(args, NO_CALL) || composeUp(args, NO_CALL),
  kubectl: cluster,
  oc: cluster,
  pm2: (args) => verbs(args).startsWith('monit') || (/^logs?(?: |$)/.test(verbs(args)) && !has(args, /^--nostream$/)),
  heroku: (args) => verbs(args).startsWith('logs') && has(args, /^(?:-t|--tail)$/),
  fly: (args) => /^(?:logs|proxy)/.test(verbs(args)) && !has(args, /^(?:-n|--no-tail)$/),
  vercel: (args) => /^(?:dev|logs)(?: |$)/.test(verbs(args)) && (args.includes('dev') || has(args, FOLLOW)),
  wrangler: (args) => /^(?:dev|tail)(?: |$)/.test(verbs(args)),
  aws: (args) => verbs(args).startsWith('logs tail') && has(args, /^--follow$/),
  gcloud: (args) => /logs? tail/.test(verbs(args)),
  az: (args) => /log tail/.test(verbs(args)),
  argocd: (args) => verbs(args).startsWith('app watch'),
  'redis-cli': (args) => has(args, /^(?:monitor|--stat|--latency.*|subscribe|psubscribe)$/i),
  npm: runScript,
  pnpm: runScript,
  yarn: runScript,
  bun: runScript,
  vite: (args) => !/^(?:build|optimize)/.test(verbs(args)),
  next: (args) => /^(?:dev|start)/.test(verbs(args)),
  ng: (args) => verbs(args).startsWith('serve'),
  flask: (args) => /(?:^| )run(?: |$)/.test(verbs(args)),
  rails: (args) => /^(?:s|server)(?: |$)/.test(verbs(args)),
  gunicorn: (args) => !has(args, /^(?:-D|--daemon)$/),
  celery: (args) => /(?:^| )(?:worker|beat|events)(?: |$)/.test(verbs(args)) && !has(args, /^--detach$/),
  python: pythonServes,
  python3: pythonServes,
  php: (args) => has(args, /^-S$/) || verbs(args).startsWith('artisan serve'),
  stripe: (args) => verbs(args).startsWith('listen'),
  cloudflared: (args) => verbs(args).startsWith('tunnel') && args.includes('run'),
  ssh: (args) => has(args, /^-\w*N/) && !has(args, /^-\w*f/),
  tsc: (args) => has(args, /^(?:-w|--watch)$/),
}

function pythonServes(args: string[]): boolean {
  return has(args, /^runserver$/)
}

/** Whether the call goes on until somebody stops it. */
export function isEndless(call: Call): boolean {
  // What only starts another program ends with it, but for a tunnel.
  if (call.program === 'gh' || (call.wraps && call.program !== 'ssh')) return false
  if (ENDLESS_ALWAYS.test(call.program)) return true
  if (Object.hasOwn(ENDLESS, call.program) && ENDLESS[call.program]?.(call.args, call)) return true
  return has(call.args, /^--watch(?:=true|All)?$/) && !/^(?:git|jq|grep)$/.test(call.program)
}

const EDITORS =
  /^(?:vi|vim|nvim|nano|emacs|pico|visudo|newgrp|passwd|login|k9s|lazydocker|mc|tmux|screen|irb|mysql_secure_installation)$/
const PAGERS = /^(?:less|more|man)$/
const PROMPTS = /^(?:psql|pgcli|mysql|mariadb|sqlite3|redis-cli|mongosh?|clickhouse-client|cqlsh|duckdb)$/
const REPLS = /^(?:node|python3?|ruby|ghci|iex|scala|jshell|bash|sh|zsh|deno|bun)$/
const ASKS: Record<string, Rule> = {
  docker: openTerminal,
  podman: openTerminal,
  kubectl: (args) => openTerminal(args) || /^edit(?: |$)/.test(verbs(args)),
  oc: (args) => openTerminal(args) || /^(?:edit|rsh)(?: |$)/.test(verbs(args)),
  crontab: (args) => has(args, /^-e$/),
  git: (args) =>
    (verbs(args).startsWith('rebase') && has(args, /^(?:-i|--interactive)$/)) ||
    (verbs(args).startsWith('add') && has(args, /^(?:-[pi]|--patch|--interactive)$/)) ||
    (/^commit(?: |$)/.test(verbs(args)) &&
      !has(args, /^(?:-\w*[mFC]|--message.*|--file.*|--no-edit|--fixup.*|--reuse-message.*)/)) ||
    (/^tag(?: |$)/.test(verbs(args)) && has(args, /^-[as]$/) && !has(args, /^(?:-\w*[mF]|--message.*|--file.*)/)),
  su: (args) => !has(args, /^(?:-c|--command)/),
  sudo: (args) => behindOptions(args, 'sudo').length === 0 && has(args, /^-(?:i|s)$/),
  terraform: applyAsks,
  tofu: applyAsks,
  apt: installAsks,
  'apt-get': installAsks,
  yum: installAsks,
  dnf: installAsks,
  npm: (args) => /^(?:login|adduser|init)(?: |$)/.test(verbs(args)) && !has(args, /^(?:-y|--yes)$/),
  aws: (args) => /^configure$/.test(verbs(args)),
  gcloud: (args) => /^(?:init|auth login)/.test(verbs(args)) && !has(args, /^--cred-file/),
  gh: (args) => verbs(args).startsWith('auth login') && !has(args, /^--with-token$/),
  heroku: (args) => /^(?:login|pg:psql)/.test(verbs(args)) && !has(args, /^(?:-c|--command)/),
  vercel: (args) => verbs(args).startsWith('login'),
  firebase: (args) => verbs(args).startsWith('login') && !/^login:(?!ci)/.test(verbs(args)),
  rails: (args) => /^(?:c|console|dbconsole|db)(?: |$)/.test(verbs(args)),
  php: (args) => has(args, /^-a$/) || verbs(args).startsWith('artisan tinker'),
  telnet: () => true,
  ftp: () => true,
  sftp: (args) => !has(args, /^-b$/),
}

/** Whether the call waits for a person: an editor, a pager, a prompt, a question. */
export function isInteractive(call: Call): boolean {
  const { program, args, fed } = call
  if (EDITORS.test(program)) return true
  if (Object.hasOwn(ASKS, program) && ASKS[program]?.(args, call))
    return !fed || /^(?:docker|podman|kubectl|oc)$/.test(program)
  if (fed || call.wraps) return false
  if (PAGERS.test(program)) return true
  if (program === 'read') return true
  if (PROMPTS.test(program)) return !givesCommand(call)
  if (REPLS.test(program)) return args.length === 0 || (args.length === 1 && args[0] === '-i')
  if (/^(?:ssh|mosh)$/.test(program)) return !has(args, /^-\w*[NV]/)
  return (
    has(args, /^(?:shell|dbshell|createsuperuser)$/) &&
    /^python3?$|manage\.py$/.test(program) &&
    !has(args, /^--no-?input$/)
  )
}

function openTerminal(args: readonly string[]): boolean {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  if (!own.some((arg) => /^(?:exec|run|attach|debug)$/.test(arg))) return false
  return has(own, /^-(?:it|ti|itd?)$/) || (has(own, /^(?:-i|--interactive|--stdin)$/) && has(own, /^(?:-t|--tty)$/))
}

function applyAsks(args: readonly string[]): boolean {
  const [verb, plan] = verbs(args).split(' ')
  return ((verb === 'apply' && plan === undefined) || verb === 'destroy') && !has(args, /^-{1,2}auto-approve/)
}

function installAsks(args: readonly string[]): boolean {
  return (
    /^(?:install|upgrade|dist-upgrade|full-upgrade|remove|purge|autoremove)(?: |$)/.test(verbs(args)) &&
    !has(args, /^(?:-\w*y\w*|--yes|--assume-yes)$/)
  )
}

/** A client with something to do: SQL, a file of it, a command word. */
function givesCommand({ program, args }: Call): boolean {
  if (isSqlClient(program) && sqlOf({ args, text: null }).length > 0) return true
  if (/^mongosh?$/.test(program)) return has(args, /^--(?:eval|file|version)/) || has(args, /\.js$/)
  if (program === 'redis-cli') return behindRedisOptions(args).length > 0 || has(args, /^--(?!tls)/)
  return has(args, /^(?:-c|-e|-f|-l|-V|--command|--execute|--file|--list|--version|--query)(?:=|$)/)
}

function behindRedisOptions(args: readonly string[]): string[] {
  const words: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (/^-[hpanrisu]$|^--(?:user|pass|cacert|cert|key)$/.test(arg)) at++
    else if (!arg.startsWith('-')) words.push(arg)
  }
  return words
}

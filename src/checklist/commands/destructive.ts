// Which programs destroy: files, data, branches, resources of a cluster or a cloud.
import type { Call } from './shell-calls.ts'
import { changesSql, isSqlClient, sqlOf } from './sql.ts'

type Rule = (args: string[], call: Call) => boolean

const has = (args: readonly string[], pattern: RegExp) => args.some((arg) => pattern.test(arg))
/** Words that are no options: the verbs of `docker system prune`, in order. */
const verbs = (args: readonly string[]) => args.filter((arg) => !arg.startsWith('-')).join(' ')

const ALWAYS =
  /^(?:rm|unlink|shred|truncate|dropdb|dropuser|mkfs(?:\.\w+)?|wipefs|fdisk|parted|mkswap|pkill|killall|shutdown|reboot|halt|poweroff|userdel|groupdel|srm)$/

const container: Rule = (args) =>
  /(?:^| )(?:rm|rmi|prune|kill)\b/.test(verbs(args)) ||
  (/(?:^| )down\b/.test(verbs(args)) && has(args, /^(?:-v|--volumes|--rmi.*)$/))
const cluster: Rule = (args) =>
  /(?:^| )(?:delete|drain)(?: |$)/.test(verbs(args)) || (/(?:^| )replace /.test(verbs(args)) && has(args, /^--force$/))
const stack: Rule = (args) => /(?:^| )(?:destroy|state rm)(?: |$)/.test(verbs(args)) || has(args, /^-{1,2}destroy$/)
const cloud: Rule = (args) =>
  /(?:^| )(?:delete|destroy|purge|remove|rm|rb)(?::| |$)|(?:^| )(?:delete|terminate|deregister|purge)-|:(?:delete|destroy|disable)(?: |$)/.test(
    verbs(args),
  ) || has(args, /^--delete$/)

const RULES: Record<string, Rule> = {
  kill: (args) => has(args, /^-(?:9|KILL|SIGKILL)$/) || (has(args, /^-s$/) && has(args, /^(?:9|SIG)?KILL$/)),
  dd: (args) => has(args, /^of=/),
  find: (args) => has(args, /^-delete$/),
  rsync: (args) => has(args, /^--del(?:ete.*)?$/),
  rclone: (args) => /^(?:sync|delete|purge|deletefile)\b/.test(verbs(args)),
  kubectl: cluster,
  oc: cluster,
  helm: (args) => /^(?:uninstall|delete|del)(?: |$)/.test(verbs(args)),
  argocd: (args) => verbs(args).startsWith('app delete'),
  git: destroysHistory,
  gh: (args) => /^\S+ (?:delete|archive)(?: |$)/.test(verbs(args)),
  docker: container,
  podman: container,
  'docker-compose': container,
  terraform: stack,
  tofu: stack,
  pulumi: stack,
  cdk: stack,
  aws: cloud,
  gcloud: cloud,
  az: cloud,
  gsutil: (args) => /^(?:rm|rb)(?: |$)/.test(verbs(args)) || (verbs(args).startsWith('rsync') && has(args, /^-d$/)),
  heroku: (args) => cloud(args, NO_CALL) || /(?:^| )pg:reset/.test(verbs(args)),
  fly: cloud,
  flyctl: cloud,
  vercel: cloud,
  netlify: cloud,
  firebase: cloud,
  supabase: (args) => /^db reset|(?:^| )(?:delete|remove)(?: |$)/.test(verbs(args)),
  pm2: (args) => /^(?:delete|del|kill)(?: |$)/.test(verbs(args)),
  'redis-cli': (args) => has(args, /^(?:FLUSHALL|FLUSHDB|DEL|UNLINK|SHUTDOWN)$/i),
  prisma: (args) =>
    /^migrate reset|^db push .*|^db push/.test(verbs(args)) &&
    has(args, /^(?:reset|--force-reset|--accept-data-loss)$/),
  rails: dropsTables,
  rake: dropsTables,
  artisan: dropsTables,
  php: dropsTables,
  python: dropsTables,
  python3: dropsTables,
  'manage.py': dropsTables,
  knex: dropsTables,
  sequelize: dropsTables,
  'sequelize-cli': dropsTables,
  typeorm: dropsTables,
  alembic: (args) => has(args, /^downgrade$/),
  flyway: (args) => has(args, /^clean$/),
  liquibase: (args) => has(args, /^drop-?all$/i),
  pg_restore: (args) => has(args, /^(?:-\w*c\w*|--clean)$/),
  mongo: dropsCollections,
  mongosh: dropsCollections,
  mongorestore: (args) => has(args, /^--drop$/),
  crontab: (args) => has(args, /^-r$/),
  iptables: (args) => has(args, /^(?:-F|--flush)$/),
  ufw: (args) => has(args, /^(?:reset|disable)$/),
  npm: (args) => verbs(args).startsWith('unpublish'),
  tee: (args) => !has(args, /^(?:-a|--append)$/) && args.some(overwritesSystem),
  // Nothing is written but what stands there is gone.
  cp: (args) => args[0] === '/dev/null',
}
const NO_CALL = {} as Call

/** Whether the call takes away what was there. */
export function destroys(call: Call): boolean {
  if (call.redirects.some((redirect) => overwrites(redirect, call))) return true
  if (isSqlClient(call.program) && sqlOf(call).some((text) => changesSql(text) === 'destroys')) return true
  // `echo "DROP TABLE x" | psql`
  if (call.feeds && isSqlClient(call.feeds) && changesSql([...call.args, call.text ?? ''].join(' ')) === 'destroys')
    return true
  if (ALWAYS.test(call.program)) return true
  return Object.hasOwn(RULES, call.program) && (RULES[call.program]?.(call.args, call) ?? false)
}

/** Truncating a file with nothing, writing over a device or a file of the system. A dump to a new file is neither. */
function overwrites({ operator, target }: Call['redirects'][number], call: Call): boolean {
  if (!/^(?:>|>\||&>|<>)$/.test(operator) || /^\/dev\/(?:null|std(?:out|err)|tty)$/.test(target)) return false
  const empty = /^(?:|:|true)$/.test(call.program) || (call.program === 'cat' && call.args[0] === '/dev/null')
  return empty || overwritesSystem(target)
}

function overwritesSystem(target: string): boolean {
  return (
    /^\/(?:dev|etc|usr|boot|bin|sbin|lib|sys|proc)\//.test(target) &&
    !/^\/dev\/(?:null|std(?:out|err)|tty)$/.test(target)
  )
}

function destroysHistory(args: string[]): boolean {
  const [verb = '', ...rest] = args.filter((arg, index) => arg !== '-C' && args[index - 1] !== '-C')
  switch (verb) {
    case 'reset':
      return has(rest, /^--hard$/)
    case 'clean':
      return has(rest, /^-\w*f|^--force$/)
    case 'push':
      return has(rest, /^(?:-\w*f\w*|--force(?:-.*)?|--delete|-d|--mirror|--prune)$|^[:+]./)
    case 'branch':
    case 'tag':
      return has(rest, /^(?:-D|-d|--delete)$/)
    case 'checkout':
    case 'restore':
      return has(rest, /^\.$/) && !has(rest, /^--staged$/)
    case 'stash':
      return has(rest, /^(?:drop|clear)$/)
    case 'filter-branch':
    case 'filter-repo':
      return true
    default:
      return false
  }
}

function dropsTables(args: string[]): boolean {
  return has(
    args,
    /^(?:db:(?:drop|reset|wipe|purge|schema:load|migrate:reset|rollback|migrate:undo(?::all)?)|migrate:(?:fresh|reset|refresh|rollback)|schema:drop|flush|reset_db)$/,
  )
}

function dropsCollections(args: string[]): boolean {
  return has(args, /\b(?:drop(?:Database|Collection)?|deleteMany|deleteOne|remove)\s*\(/)
}

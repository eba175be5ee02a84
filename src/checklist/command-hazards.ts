// What makes a command unfit to be run and waited for: endless, interactive, destructive, with placeholders, in the background.
import type { CommandStep } from '../plan/plan.ts'

export type Hazards = Pick<CommandStep, 'background' | 'endless' | 'interactive' | 'destructive' | 'placeholders'>

/** Start of a command: the line, or behind `;`, `&&`, `|`, `(`; `sudo` and assignments may stand in front. */
const START = String.raw`(?:^|[;&|(]\s*|\b(?:sudo|exec|time|nohup)\s+(?:-\w+\s+)*)\s*`

const ENDLESS = [
  /\btail\b(?=[^|;&\n]*\s(?:-\w*[fF]\b|--follow))/,
  /\blogs\b(?=[^|;&\n]*\s(?:-f\b|--follow\b))/,
  /\bjournalctl\b(?=[^|;&\n]*\s(?:-f\b|--follow\b))/,
  /\bpm2\s+(?:logs|monit)\b(?![^|;&\n]*--nostream)/,
  /\bkubectl\b(?=[^|;&\n]*\s(?:-w\b|--watch\b(?!=false)|port-forward\b|proxy\b))/,
  new RegExp(`${START}(?:watch|top|htop)\\s`, 'm'),
  /\bapp watch\b/,
]
const INTERACTIVE = [
  /\b(?:exec|run)\b(?=[^|;&\n]*\s(?:-it|-ti|-i\s+-t|-t\s+-i)\b)/,
  new RegExp(`${START}(?:vi|vim|nano|emacs|less|more|newgrp|su|passwd)(?:\\s|$)`, 'm'),
  new RegExp(
    `${START}(?:psql|mysql|sqlite3|redis-cli|mongosh?)(?:\\s+(?:-[hUpdPnu]\\s*)?["'$]?[\\w.$:/@{}"'-]+)?\\s*$`,
    'm',
  ),
  new RegExp(`${START}ssh\\s+(?:-\\w+\\s+\\S+\\s+)*[\\w.@$<>{}-]+\\s*$`, 'm'),
  /\bread\s+-[a-z]*p\b/,
  /\bkubectl\s+edit\b/,
]
const DESTRUCTIVE = [
  /\brm\s+(?:-\w*[rf]\w*\s)/,
  /\b(?:pkill|killall)\b|\bkill\s+-(?:9|KILL|SIGKILL)/,
  /\bkubectl\b[^|;&\n]*\bdelete\b/,
  /\bhelm\s+(?:uninstall|delete)\b|\bargocd app delete\b/,
  /\bgit\s+(?:reset\s+--hard|clean\s+-\w*f|push\b[^\n]*(?:--force|\s-f\b)|branch\s+-D)/,
  /\b(?:DROP|TRUNCATE)\s+(?:TABLE|DATABASE|SCHEMA|INDEX|COLUMN)?|\bDELETE\s+FROM\b|\bUPDATE\s+\S+\s+SET\b|\bFLUSH(?:ALL|DB)\b/i,
  /\b(?:dropdb|mkfs(?:\.\w+)?|shred)\b|\bdd\s[^\n]*\bof=/,
  /\bterraform\s+destroy\b|\bdocker\s+(?:system|volume|image)\s+prune\b|\bdown\b[^\n]*\s(?:-v\b|--volumes\b)/,
  /\baws\s+s3\s+(?:rm\b|sync\b[^\n]*--delete)|\bmigrate\s+reset\b|\bpm2\s+delete\b/,
]
const PLACEHOLDERS = [
  /(?<![<\w])<[A-Za-z][\w.-]*(?: [\w.-]+){0,3}>(?![=>])/g,
  /(?<![\w$[\\"'])\[[A-Za-z]{2,}(?:[-_ ][A-Za-z]{2,})+\](?![*+?{])/g,
  /\b(?:your|my)-[\w.-]*\w|\bYOUR_\w+/g,
  /\bv?[xX]\.[xXyY]\.[xXzZ]\b|\b[\w-]*CHANGE-?ME\b/g,
  /\/path\/to\/[\w./-]*/g,
]

/** Looks at a command as it is written; nothing is run. */
export function findHazards(script: string): Hazards {
  const code = script.replace(/\\\r?\n/g, ' ')
  const background = /(?<![&>\d])&\s*$/.test(code.replace(/\s#.*$/gm, '').trimEnd())
  const matches = (patterns: RegExp[]) => patterns.some((pattern) => pattern.test(code))
  return {
    background,
    endless: !background && matches(ENDLESS),
    interactive: matches(INTERACTIVE),
    destructive: matches(DESTRUCTIVE),
    placeholders: [...new Set(PLACEHOLDERS.flatMap((pattern) => code.match(pattern) ?? []))],
  }
}

const LOOKS_ONLY = [
  /^(?:curl|wget)\b(?!.*\s(?:-X\s*(?:POST|PUT|PATCH|DELETE)|--request\s+(?!GET)|-d\b|--data|-T\b|-O\b|-o\b))/,
  /^kubectl\b(?:\s+-\S+\s+\S+)*\s+(?:get|describe|logs|top|cluster-info|version|explain|auth|config\s+(?:get|view|current)|rollout\s+(?:status|history))\b/,
  /^kubectl\b.*--dry-run/,
  /^(?:docker(?:\s+compose|-compose)?)\s+(?:-\S+\s+\S+\s+)*(?:ps|images|logs|inspect|config|stats|version|info)\b/,
  /^git\s+(?:status|log|diff|show|rev-parse|branch\s*$|tag\s*$|describe|fetch|ls-remote|remote\s+-v)\b/,
  /^(?:ls|cat|head|tail|grep|egrep|find|wc|du|df|free|stat|file|which|id|whoami|date|env|printenv|echo|dig|nslookup|host|ping|nc|openssl|sleep|jq|awk|test|uptime|ps|ss|netstat|lsof|sha256sum|md5sum|pg_isready)\b/,
  /^(?:npm|yarn|pnpm)\s+(?:test|audit|ls|outdated|run\s+(?:test|lint|type-?check|check|audit|health)[\w:-]*)\b/,
  /^(?:pytest|python\d?\s+-m\s+pytest|go\s+(?:test|vet)|cargo\s+(?:test|check|clippy)|make\s+(?:test|lint|check|smoke)|npx\s+(?:tsc|eslint|vitest|jest|playwright)|promtool\s+check)\b/,
  /^redis-cli\b.*\b(?:ping|info|dbsize|get)\b/i,
  /^(?:psql|mysql|sqlite3)\b.*\b(?:SELECT|SHOW|EXPLAIN|PRAGMA|\\d)/i,
  /^(?:systemctl|service)\s+(?:status|is-active|is-enabled|list)\b|^pm2\s+(?:list|status|ls|logs|show|describe)\b|^nginx\s+-t\b/,
  /^helm\s+(?:list|status|history|lint|template|get|diff)\b|^(?:terraform|tofu)\s+(?:plan|validate|show)\b|^argocd\s+app\s+(?:get|list|diff)\b/,
  /^(?:npx\s+prisma\s+migrate\s+status|alembic\s+(?:current|history|heads))\b/,
  /^(?:cd|export|set|source|\.)\s/,
]

/** Whether every command of the script is known to look only. Unknown programs change things: the safe reading. */
export function looksOnly(script: string): boolean {
  const code = script.replace(/\\\r?\n/g, ' ')
  if (/(?<![\d&<>-])>{1,2}\s*(?!&|\/dev\/null)\S/.test(code.replace(/"[^"]*"|'[^']*'/g, '""'))) return false
  const commands = code
    .replace(/"[^"]*"|'[^']*'/g, (quoted) => quoted.replace(/[;|&\n]/g, ' '))
    .split(/\n|&&|\|\||;|\|(?!\|)/)
    .map((command) => command.trim().replace(/^(?:sudo\s+|[A-Z_]+=\S+\s+)+/, ''))
    .filter((command) => command !== '' && !command.startsWith('#'))
  return (
    commands.every((command) => LOOKS_ONLY.some((pattern) => pattern.test(command))) &&
    !DESTRUCTIVE.some((p) => p.test(code))
  )
}

// "Create fresh backup of production database": the one backup that is configured, where the words ask for one to be taken.
import type { Item } from '../plan/plan.ts'
import type { ProposalContext, ProposedEntry } from './propose.ts'

const TAKES_ONE =
  /\b(?:create|take|make|perform|run|capture)\b[^.:]{0,40}\bback-?ups?\b|\bback-?ups?\b[^.:]{0,20}\b(?:created|taken|completed?|made|performed|creation|done)\b|\bback up\b/i
/** The system, its schedule, where copies lie, what is done with them: not the taking of one. */
const ABOUT_BACKUPS =
  /\b(?:system|schedul\w+|automat\w+|daily|hourly|weekly|nightly|retention|polic\w+|strateg\w+|plans?|procedures?|process|scripts?|jobs?|storage|off-?site|restor\w+|recover\w+|tested|rotation|monitor\w*|alerts?|configur\w+|encrypt\w+|director(?:y|ies)|folders?|test|kind|frequen\w+)\b|\?/i
/** Kinds of things that are backed up by other means than a database's copy. */
const STORES =
  /\b(?:redis|neo4j|mongo\w*|postgres\w*|mysql|mariadb|sqlite|elastic\w*|dynamo\w*|config\w*|environment|env|uploads?|media|volumes?|images?|code|repositor\w+|etcd|vault|dns|secrets?|certificates?|kubernetes|helm|cluster|files?)\b/gi

/** A proposal where exactly one backup is configured and the words mean that one. */
export function proposeBackup(item: Item, { backups, phase }: ProposalContext): ProposedEntry | null {
  const [only] = backups
  if (!only || backups.size > 1 || item.commands.length > 0) return null
  if (phase?.kind !== 'readiness' && phase?.kind !== 'execute') return null
  const said = TAKES_ONE.exec(item.text)
  if (!said || ABOUT_BACKUPS.test(item.text)) return null
  const [name, kind] = only
  const own = `${name} ${kind}`.toLowerCase()
  if ((item.text.match(STORES) ?? []).some((store) => !own.includes(store.toLowerCase()))) return null
  return { entry: { backup: name }, confidence: 0.8, why: `"${said[0].trim()}", and "${name}" is the only backup` }
}

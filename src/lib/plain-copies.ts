// Which files a shell text would copy byte by byte: by cp, cat, rsync, dd, tar and their like. Only what it says, nothing is looked at.
import { createRequire } from 'node:module'
import type { Command, SyntaxNode } from 'unbash'

export interface PlainCopy {
  /** What copies it: `cp`. */
  program: string
  /** Path as the shell would see it, variables that nobody set left as written; may hold a pattern. */
  source: string
  /** Directories that were changed to before, in their order; each as written. */
  within: string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** Longer ones are programs, not commands of a checklist. */
const CHARACTERS_MAX = 50_000
const DEPTH_MAX = 4

/** In the order in which they stand. Programs of other machines (`ssh`, `docker exec`) and of text that cannot be read give none. */
export function plainCopies(script: string, env: Environment = {}): PlainCopy[] {
  const found: PlainCopy[] = []
  readInto(script, { env: { ...env }, within: [], depth: 0 }, found)
  return found
}

interface Where {
  env: Record<string, string | undefined>
  within: string[]
  depth: number
}

function readInto(script: string, where: Where, found: PlainCopy[]): void {
  if (script.length > CHARACTERS_MAX || where.depth > DEPTH_MAX) return
  // Loaded by those who have a command to look at.
  const { parse, forEachChild } = createRequire(import.meta.url)('unbash') as typeof import('unbash')
  const visit = (node: SyntaxNode, kept: boolean): void => {
    if (node.type === 'Pipeline') {
      // What is printed is kept when the last of the pipe writes it to a file, or one of them keeps it elsewhere.
      const isKept = kept || node.commands.some((command) => command.type === 'Command' && keeps(command))
      for (const command of node.commands) visit(command, isKept)
      return
    }
    if (node.type === 'Redirected') {
      const isKept =
        kept ||
        node.redirects.some((redirect) => redirect.type === 'Redirect' && /^(&?>|>>|>\|)/.test(redirect.operator))
      return forEachChild(node, (child) => visit(child, isKept))
    }
    if (node.type === 'Command') addCommand(node, kept || keeps(node), where, found)
    // `( cd x; ... )` changes nothing outside.
    const inner = node.type === 'Subshell' ? { within: [...where.within], env: { ...where.env } } : null
    const outer = { within: where.within, env: where.env }
    if (inner) Object.assign(where, inner)
    forEachChild(node, (child) => visit(child, kept))
    if (inner) Object.assign(where, outer)
  }
  for (const { type, command } of parse(script).commands) if (type === 'Statement') visit(command, false)
}

function addCommand(node: Command, kept: boolean, where: Where, found: PlainCopy[]): void {
  for (const part of node.prefix)
    if (part.type === 'Assignment' && part.name !== undefined && part.value !== undefined && !node.name)
      where.env[part.name] = expand('value' in part.value ? String(part.value.value) : '', where.env)
  const words = [node.name?.value ?? '', ...node.args.map((arg) => (arg.type === 'Word' ? arg.value : arg.text))]
  const [name = '', ...args] = unwrapped(words.map((word) => expand(word, where.env)))
  const program = name.replace(/^.*\//, '')
  if (program === 'cd' && args.length > 0)
    where.within = [...where.within, args.find((arg) => arg !== '--' && arg !== '-P') ?? '']
  if (program === 'export')
    for (const arg of args) {
      const [, key, value] = /^(\w+)=(.*)$/s.exec(arg) ?? []
      if (key !== undefined) where.env[key] = value
    }
  if (/^(?:ba|z|da|k)?sh$/.test(program)) {
    const script = args[args.findIndex((arg) => /^-\w*c$/.test(arg)) + 1]
    if (script !== undefined && args.some((arg) => /^-\w*c$/.test(arg)))
      readInto(script, { env: { ...where.env }, within: [...where.within], depth: where.depth + 1 }, found)
    return
  }
  const inputs = node.redirects.flatMap((redirect) =>
    redirect.type === 'Redirect' && redirect.operator === '<' && redirect.target
      ? [expand(redirect.target.value, where.env)]
      : [],
  )
  const sources = sourcesOf(program, args, inputs, kept)
  for (const source of sources) found.push({ program, source, within: where.within })
}

/** Whether its output ends in a file, or somewhere else than on the screen. */
function keeps(node: Command): boolean {
  if (
    node.redirects.some(
      (redirect) =>
        redirect.type === 'Redirect' &&
        /^(&?>|>>|>\|)/.test(redirect.operator) &&
        redirect.target?.value !== '/dev/null',
    )
  )
    return true
  return /^(?:.*\/)?(?:tee|ssh|aws|gsutil|rclone|dd|split|openssl|gpg|age|restic)$/.test(node.name?.value ?? '')
}

const WRAPPERS: Record<string, RegExp> = {
  sudo: /^-[ugphCDRTr]$/,
  doas: /^-[uC]$/,
  env: /^-[uCS]$/,
  nice: /^-n$/,
  ionice: /^-[cnp]$/,
  timeout: /^-[ks]$/,
  nohup: /^$/,
  time: /^$/,
  command: /^$/,
  exec: /^$/,
  setsid: /^$/,
  flock: /^-[wE]$/,
}

/** The program behind `sudo`, `nice` and their like. */
function unwrapped(words: readonly string[]): readonly string[] {
  const name = (words[0] ?? '').replace(/^.*\//, '')
  const withValue = WRAPPERS[name]
  if (!withValue) return words
  let at = 1
  const own = name === 'env' ? /^(?:-.|\w+=)/ : /^-./
  while (own.test(words[at] ?? '')) at += withValue.test(words[at] ?? '') ? 2 : 1
  // A duration, a lock file.
  if (name === 'timeout' || name === 'flock') at++
  return words.length > at ? unwrapped(words.slice(at)) : []
}

/** Options that take a word of their own. */
const WITH_VALUE: Record<string, RegExp> = {
  cp: /^(?:-[tS]|--target-directory|--suffix)$/,
  install: /^(?:-[tSmog]|--target-directory|--suffix|--mode|--owner|--group)$/,
  rsync:
    /^(?:-[efBTM]|--(?:rsh|filter|exclude|include|exclude-from|include-from|files-from|port|bwlimit|backup-dir|suffix|temp-dir|compare-dest|copy-dest|link-dest|log-file|timeout|chmod|chown|rsync-path|password-file|max-size|min-size))$/,
  scp: /^-[iPFocSJlDX]$/,
  tar: /^(?:-[CXTbgHIKNV]|--(?:directory|exclude|exclude-from|files-from|transform|owner|group|mode|mtime))$/,
  zip: /^-[nbtxi]$/,
  gzip: /^-S$/,
}

function sourcesOf(program: string, args: readonly string[], inputs: readonly string[], kept: boolean): string[] {
  switch (program) {
    case 'cp':
    case 'install': {
      const words = operands(program, args)
      if (args.includes('-d') && program === 'install') return []
      return args.some((arg) => /^(?:-t|--target-directory)/.test(arg)) ? words : words.slice(0, -1)
    }
    case 'rsync':
    case 'scp':
      return operands(program, args)
        .slice(0, -1)
        .filter((word) => !/^[^/]*:/.test(word))
    case 'dd':
      return [...args.filter((arg) => arg.startsWith('if=')).map((arg) => arg.slice(3)), ...inputs]
    case 'cat':
      return kept ? [...operands(program, args), ...inputs] : []
    case 'gzip':
    case 'bzip2':
    case 'xz':
    case 'zstd':
    case 'lz4':
      if (args.some((arg) => /^-\w*[dlt]/.test(arg) && !arg.startsWith('--'))) return []
      return [...operands('gzip', args), ...inputs]
    case 'zip':
    case '7z':
      return operands('zip', args).slice(program === '7z' ? 2 : 1)
    case 'tar':
      return tarred(args)
    case 'aws':
    case 'gsutil':
    case 'rclone': {
      const verb = args.findIndex((arg) => /^(?:cp|copy|copyto|sync|rsync)$/.test(arg))
      const words = verb < 0 ? [] : operands(program, args.slice(verb + 1))
      return words.slice(0, 1).filter((word) => !/^[^/]*:/.test(word))
    }
    default:
      return []
  }
}

/** What goes into an archive; none where one is read. */
function tarred(args: readonly string[]): string[] {
  const [first = '', ...rest] = args
  const letters = first.startsWith('--') ? '' : first.replace(/^-/, '')
  const creates = /[cru]/.test(letters) || args.some((arg) => /^--(?:create|append|update)$|^-\w*[cru]/.test(arg))
  if (!creates || /[xt]/.test(letters)) return []
  const found: string[] = []
  // The archive's name belongs to the bundle of letters that holds an f.
  let isNext = letters.includes('f')
  let directory = ''
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? ''
    if (isNext && !word.startsWith('-')) isNext = false
    else if (word === '-C' || word === '--directory') directory = rest[++at] ?? ''
    else if (/^-\w*f$/.test(word) || word === '--file') isNext = true
    else if (WITH_VALUE.tar?.test(word)) at++
    else if (!word.startsWith('-')) found.push(directory && !word.startsWith('/') ? `${directory}/${word}` : word)
  }
  return first.startsWith('-') || letters !== '' ? found : [first, ...found]
}

function operands(program: string, args: readonly string[]): string[] {
  const found: string[] = []
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--') return [...found, ...args.slice(at + 1)]
    if (WITH_VALUE[program]?.test(word)) at++
    else if (!/^-./.test(word)) found.push(word)
  }
  return found
}

/** `$NAME` and `${NAME}` as they are set; `~/` as the home directory. */
function expand(word: string, env: Environment): string {
  const home = env.HOME === undefined ? word : word.replace(/^~(?=\/|$)/, () => env.HOME ?? '')
  return home.replaceAll(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (written, braced?: string, bare?: string) => env[braced ?? bare ?? ''] ?? written,
  )
}

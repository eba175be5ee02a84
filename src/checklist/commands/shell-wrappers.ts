// Programs that only start another one, and where that one stands among their arguments.
import type { Call } from './shell-calls.ts'

/** The program inside, as words or as shell text; `fed` where its input is no terminal. */
export interface Inner {
  words?: string[]
  script?: string
  fed: boolean
}

/** Options that take a word of their own, by program; an option unknown here takes none. */
const WITH_VALUE: Record<string, RegExp> = {
  sudo: /^-[ugphCDRTr]$|^--(?:user|group|host|prompt|chdir)$/,
  doas: /^-[uC]$/,
  env: /^-[uCS]$|^--(?:unset|chdir)$/,
  nice: /^-n$/,
  timeout: /^-[ks]$|^--(?:kill-after|signal)$/,
  xargs: /^-[IPnLsdaE]$|^--(?:replace|max-procs|max-args|max-lines|delimiter|arg-file)$/,
  ssh: /^-[bcDEeFIiJLlmOopQRSWw]$/,
  npx: /^-p$|^--package$/,
  docker:
    /^-[euwvplhmc]$|^--(?:env|env-file|user|workdir|name|network|volume|publish|entrypoint|platform|label|mount|index|memory|cpus)$/,
  kubectl: /^-[nclf]$|^--(?:namespace|container|context|cluster|kubeconfig|selector|user)$/,
  compose:
    /^-[fpeuwv]$|^--(?:file|project-name|project-directory|profile|env-file|env|user|workdir|index|name|volume|entrypoint)$/,
}
const SHELLS = /^(?:ba|z|da|k)?sh$/

/** What the call starts; null where it does something itself. */
export function unwrap({ program, args, text, feeds }: Call): Inner | null {
  if (SHELLS.test(program)) return shellText(args, text)
  switch (program) {
    case 'sudo':
    case 'doas':
    case 'nice':
    case 'nohup':
    case 'time':
    case 'command':
    case 'builtin':
    case 'exec':
    case 'setsid':
    case 'stdbuf':
    case 'ionice':
      return asWords(behindOptions(args, program), false)
    case 'env':
      return asWords(dropAssignments(behindOptions(args, program)), false)
    case 'timeout':
      return asWords(behindOptions(args, program).slice(1), false)
    case 'xargs':
    case 'parallel':
      return asWords(behindOptions(args, 'xargs'), true)
    case 'eval':
      return args.length > 0 ? { script: args.join(' '), fed: false } : null
    case 'su':
      return optionValue(args, /^(?:-c|--command)$/)
    case 'ssh':
      return remote(behindOptions(args, 'ssh').slice(1), text)
    case 'kubectl':
    case 'oc':
      return args.includes('exec') || args.includes('run') ? behindDashes(args) : null
    case 'docker':
    case 'podman':
      return inContainer(args)
    case 'docker-compose':
      return inService(args)
    case 'npx':
    case 'bunx':
      return asWords(behindOptions(args, 'npx'), false)
    case 'poetry':
    case 'pipenv':
    case 'uv':
    case 'bundle':
    case 'pnpm':
    case 'yarn':
      // `pnpm run build` is a script of the project, `poetry run pytest` a program.
      return runsProgram(program, args[0]) ? asWords(behindOptions(args.slice(1), program), false) : null
    case 'python':
    case 'python3':
      return args[0] === '-m' ? asWords(args.slice(1), false) : null
    case 'find':
      return findExec(args)
    case 'echo':
    case 'printf':
      // Text on its way into a shell is a program.
      return feeds !== null && (SHELLS.test(feeds) || feeds === 'ssh') ? { script: args.join(' '), fed: true } : null
    default:
      return null
  }
}

/** Arguments behind the options of the program itself. */
export function behindOptions(args: readonly string[], program: string): string[] {
  let at = 0
  while (at < args.length && /^-./.test(args[at] ?? '')) {
    if (args[at] === '--') return args.slice(at + 1)
    at += WITH_VALUE[program]?.test(args[at] ?? '') ? 2 : 1
  }
  return args.slice(at)
}

function runsProgram(program: string, verb: string | undefined): boolean {
  return verb === 'exec' || verb === 'dlx' || (verb === 'run' && /^(?:poetry|pipenv|uv)$/.test(program))
}

function asWords(words: string[], fed: boolean): Inner | null {
  return words.length > 0 ? { words, fed } : null
}

function dropAssignments(words: string[]): string[] {
  const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word))
  return first === -1 ? [] : words.slice(first)
}

function optionValue(args: readonly string[], option: RegExp): Inner | null {
  const at = args.findIndex((arg) => option.test(arg))
  const value = at === -1 ? undefined : args[at + 1]
  return value === undefined ? null : { script: value, fed: false }
}

function shellText(args: readonly string[], text: string | null): Inner | null {
  const at = args.findIndex((arg) => /^-\w*c$/.test(arg))
  if (at !== -1) return { script: args[at + 1] ?? '', fed: false }
  const files = args.filter((arg) => !arg.startsWith('-'))
  return text !== null && files.length === 0 ? { script: text, fed: true } : null
}

function remote(words: string[], text: string | null): Inner | null {
  if (words.length > 0) return { script: words.join(' '), fed: false }
  return text === null ? null : { script: text, fed: true }
}

function behindDashes(args: readonly string[]): Inner | null {
  const at = args.indexOf('--')
  return at === -1 ? null : asWords(args.slice(at + 1), false)
}

function inContainer(args: readonly string[]): Inner | null {
  const [verb, ...rest] = behindOptions(args, 'docker')
  if (verb === 'compose') return inService(rest)
  if (verb === 'container') return inContainer(rest)
  if (verb !== 'exec') return null
  return asWords(behindOptions(rest, 'docker').slice(1), false)
}

function inService(args: readonly string[]): Inner | null {
  const [verb, ...rest] = behindOptions(args, 'compose')
  return verb === 'exec' || verb === 'run' ? asWords(behindOptions(rest, 'compose').slice(1), false) : null
}

function findExec(args: readonly string[]): Inner | null {
  const at = args.findIndex((arg) => /^-(?:exec|execdir|ok)$/.test(arg))
  return at === -1
    ? null
    : asWords(
        args.slice(at + 1).filter((arg) => !/^(?:;|\\;|\+|\{\})$/.test(arg)),
        true,
      )
}

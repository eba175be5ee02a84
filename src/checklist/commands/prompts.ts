// Prompts of a terminal taken off its commands, and what was printed between them taken out.
import { isKnownProgram } from './programs.ts'

/** `$ `, `user@host:~$ `, `(venv) $ `. */
const DOLLAR = /^\s*(?:\([\w.-]+\)\s*)?(?:[\w.-]+@[\w.-]+[^$#\n]{0,80}|\[[^\]\n]{1,80}\])?\$ +(?=\S)/
const ROOT = /^\s*(?:[\w.-]+@[\w.-]+[^$#\n]{0,80})?# +(?=\S)/
const ANGLE = /^\s*> +(?=\S)/
/** Prompts of programs that are typed into. */
const INSIDE =
  /^\s*(?:(?:mysql|mariadb|sqlite|redis|mongo\w*|irb\([^)]*\)[\d:]*|iex\(\d+\)|ftp|sftp|psql|\d+\.\d+\.\d+\.\d+:\d+)(?:\s*\[[^\]]*\])?> |>>> |[\w-]+(?:=|-)[#>] )/

export interface Typed {
  /** As many lines as before; lines that were printed are empty. */
  text: string
  /** Prompt of another program than a shell in it, or null. */
  inside: string | null
}

/** The commands of a block as they were typed. `console`: the block's language says that it shows a terminal. */
export function takeOffPrompts(value: string, console: boolean): Typed {
  const lines = value.split('\n')
  const inside = lines.map((line) => INSIDE.exec(line)?.[0].trim()).find(Boolean) ?? null
  if (inside) return { text: value, inside }
  const prompt = findPrompt(lines, console)
  if (!prompt) return { text: value, inside: null }
  let typed = false
  const text = lines.map((line) => {
    const own = prompt.test(line)
    const goesOn = typed && !own
    const command = own ? line.replace(prompt, '') : goesOn ? line.replace(/^\s*> ?/, '') : ''
    typed = (own || goesOn) && /\\\s*$/.test(line)
    if (own || goesOn) return command
    // Comments name the steps in a transcript too.
    return prompt !== ROOT && /^\s*#/.test(line) ? line : ''
  })
  return { text: text.join('\n'), inside: null }
}

function findPrompt(lines: readonly string[], console: boolean): RegExp | null {
  if (lines.some((line) => DOLLAR.test(line))) return DOLLAR
  const said = lines.filter((line) => line.trim() !== '')
  if (
    said.length > 0 &&
    said.every((line) => ANGLE.test(line) || /^\s*#/.test(line)) &&
    said.some((line) => ANGLE.test(line))
  )
    return ANGLE
  const root = said.filter((line) => ROOT.test(line))
  const asRoot = root.length > 0 && root.every((line) => isKnownProgram(line.replace(ROOT, '').split(/\s/)[0] ?? ''))
  return asRoot && (console || /@[\w.-]+[^#]*# /.test(said[0] ?? '')) ? ROOT : null
}

// Which shell runs shell text: bash where there is one, because documents are written for it; else sh.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** `bash` if it stands on PATH and can be executed, else `sh`. */
export function findShell(env: Readonly<Record<string, string | undefined>>): 'bash' | 'sh' {
  const directories = (env.PATH ?? process.env.PATH ?? '').split(delimiter)
  return directories.some((directory) => isExecutable(join(directory, 'bash'))) ? 'bash' : 'sh'
}

/** Text as one single-quoted word of a POSIX shell. */
export function quoteWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

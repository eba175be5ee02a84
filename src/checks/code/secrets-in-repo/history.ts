// The lines that commits added, by commit and file: what was taken out again is still in the history.

export interface Added {
  commit: string
  path: string
  text: string
}

/** Of `git log --format=commit %H -p -U0`; the marks of commits cannot be lines of a file, which begin with +, - or a blank. */
export function addedLines(log: string): Added[] {
  const added: Added[] = []
  let commit = ''
  let path = ''
  let lines: string[] = []
  let isInHunk = false
  const close = (): void => {
    if (lines.length > 0) added.push({ commit, path, text: lines.join('\n') })
    lines = []
  }
  for (const line of log.split('\n')) {
    if (line.startsWith('commit ')) {
      close()
      commit = line.slice(7)
      isInHunk = false
    } else if (line.startsWith('diff --git ')) {
      close()
      isInHunk = false
    } else if (!isInHunk && line.startsWith('+++ '))
      path = line
        .slice(4)
        .replace(/^"?b\//, '')
        .replace(/"$/, '')
    else if (line.startsWith('@@ ')) isInHunk = true
    else if (isInHunk && line.startsWith('+')) lines.push(line.slice(1))
  }
  close()
  return added
}

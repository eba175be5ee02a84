// An imported project as text: gonogo.yaml, with what does not carry over as comments in front.
import { stringify } from 'yaml'
import type { ImportedProject } from './import-project.ts'

export function projectAsYaml({ config, files, notCarriedOver }: ImportedProject): string {
  const parts = ['# Imported: read it, complete it, then see what "gonogo plan" says.']
  if (notCarriedOver.length > 0) {
    const lines = notCarriedOver.map(({ path, line, what, why }) => `${path}:${line}: ${what}: ${why}`)
    parts.push(
      ['# Not carried over, or to be completed:', ...lines.map((line) => `# - ${line.replaceAll(/\s+/g, ' ')}`)].join(
        '\n',
      ),
    )
  }
  const paths = Object.keys(files)
  if (paths.length > 0) parts.push(`# It goes with ${paths.join(', ')}: --output writes all of them into a directory.`)
  parts.push(stringify(config, { lineWidth: 0 }).trimEnd())
  return `${parts.join('\n\n')}\n`
}

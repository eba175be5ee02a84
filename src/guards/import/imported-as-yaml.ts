// An import as text for gonogo.yaml: what was carried over to paste, what was not as comments.
import { stringify } from 'yaml'
import type { Imported } from './collected.ts'

/** YAML with the sections `signals` and `guards`; stages and what did not carry over stand in comments. */
export function importedAsYaml({ signals, guards, stages, notCarriedOver }: Imported): string {
  const parts = ['# Imported. Read it before you paste it into gonogo.yaml: see docs/from-argo-and-flagger.md.\n']
  if (notCarriedOver.length > 0) {
    const lines = notCarriedOver.map(({ path, line, what, why }) => `${path}:${line}: ${what}: ${why}`)
    parts.push(
      commented(
        ['Not carried over, or to be completed:', ...lines.map((line) => `- ${line.replaceAll(/\s+/g, ' ')}`)].join(
          '\n',
        ),
      ),
    )
  }
  for (const [name, list] of Object.entries(stages)) {
    const strategy = { delivery: { strategy: { kind: 'canary', stages: list } } }
    parts.push(commented(`Stages of ${name}, for your \`delivery\`:\n${stringify(strategy, { lineWidth: 0 })}`))
  }
  const sections = Object.entries({ signals, guards }).filter(([, section]) => Object.keys(section).length > 0)
  if (sections.length > 0) parts.push(stringify(Object.fromEntries(sections), { lineWidth: 0 }))
  return parts.join('\n')
}

function commented(text: string): string {
  return `${text
    .trimEnd()
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')}\n`
}

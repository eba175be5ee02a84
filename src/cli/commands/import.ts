// gonogo import FILE...: a gonogo.yaml from documents of Argo Rollouts, Flagger and Kamal.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CONFIG_FILE } from '../../config/locate.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'
import { PlanError } from '../../lib/errors.ts'
import { plural } from '../../lib/plural.ts'
import { importProject } from '../../planning/importing/import-project.ts'
import { projectAsYaml } from '../../planning/importing/project-as-yaml.ts'
import { oneOf, print, readText } from '../common.ts'
import { EXIT } from '../exit.ts'

interface ImportOptions {
  format: string
  output?: string
}

/** Prints gonogo.yaml, or writes it into a directory with the files it needs. Nothing that is there is overwritten. */
export function importDocuments(files: string[], { format, output }: ImportOptions): number {
  const chosen = oneOf('--format', format, ['text', 'json'])
  const imported = importProject(files.map((path) => ({ path, text: readText(path) })))
  if (output === undefined) {
    print(chosen === 'json' ? JSON.stringify(imported, null, 2) : projectAsYaml(imported).trimEnd())
    return EXIT.ok
  }
  const written = { ...imported.files, [CONFIG_FILE]: projectAsYaml(imported) }
  const directory = resolve(output)
  for (const name of Object.keys(written))
    if (existsSync(join(directory, name)))
      throw new PlanError(`${join(output, name)} is there already`, { hint: 'name another directory, or move it away' })
  for (const [name, text] of Object.entries(written)) writeFileAtomic(join(directory, name), text)
  const { notCarriedOver } = imported
  if (chosen === 'json') print(JSON.stringify({ written: Object.keys(written), notCarriedOver }, null, 2))
  else {
    print(
      `wrote ${Object.keys(written)
        .map((name) => join(output, name))
        .join(', ')}`,
    )
    if (notCarriedOver.length > 0)
      print(
        `${plural(notCarriedOver.length, 'thing')} did not carry over, or ${notCarriedOver.length === 1 ? 'is' : 'are'} to be completed: they stand at the top of ${CONFIG_FILE}`,
      )
  }
  return EXIT.ok
}

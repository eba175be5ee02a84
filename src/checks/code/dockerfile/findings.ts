// The rules for a container file, each by its name. Pure: text in, findings out.
import type { Dockerfile, Instruction, ModifiableInstruction, PropertyInstruction } from 'dockerfile-ast'
import { isMovingTag, parseImage } from '../image-name.ts'
import { isPlaceholderValue } from '../weak-value.ts'

export const RULES = [
  'base-untagged',
  'base-latest',
  'base-without-digest',
  'root-user',
  'no-healthcheck',
  'add-url',
  'secret-in-image',
  'single-stage',
  'no-dockerignore',
] as const

export type RuleName = (typeof RULES)[number]

export interface Finding {
  rule: string
  /** 1-based; 0 where it is about the file as a whole. */
  line: number
  message: string
}

export interface Findings {
  /** Whether it builds anything. */
  hasBase: boolean
  findings: Finding[]
  /** What could not be told, in words. */
  unknown: string[]
}

interface Stage {
  from: Instruction
  name: string | null
  image: string
  instructions: Instruction[]
}

/** Names whose values do not belong into an image. Public keys, key files and their like do. */
const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_KEY|PRIVATE_KEY)(?:_(?:KEY|VALUE))?$/i

/** What is wrong with a container file by its own text; `buildArgs` go over the defaults of its arguments. */
export function findingsOf(file: Dockerfile, buildArgs: Readonly<Record<string, string>>): Findings {
  const stages = stagesOf(file, buildArgs)
  const last = stages.at(-1)
  const unknown: string[] = []
  const findings = stages.flatMap((stage) => base(stage, stages, unknown))
  for (const instruction of file.getInstructions()) {
    if (instruction.getKeyword() === 'ADD') findings.push(...addedUrls(instruction as ModifiableInstruction))
    if (['ENV', 'ARG'].includes(instruction.getKeyword())) findings.push(...secrets(instruction as PropertyInstruction))
  }
  if (last) findings.push(...finalStage(last, stages))
  if (stages.length === 1)
    findings.push({ rule: 'single-stage', line: 1, message: 'everything is built in the image that is shipped' })
  return { hasBase: last !== undefined, findings: findings.toSorted((a, b) => a.line - b.line), unknown }
}

function stagesOf(file: Dockerfile, buildArgs: Readonly<Record<string, string>>): Stage[] {
  const defaults = new Map<string, string | null>()
  for (const argument of file.getInitialARGs()) {
    const property = argument.getProperty()
    if (property) defaults.set(property.getName(), property.getValue())
  }
  const stages: Stage[] = []
  for (const instruction of file.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const words = instruction
        .getArguments()
        .map((argument) => argument.getValue())
        .filter((word) => !word.startsWith('--'))
      const [image = '', as, name] = words
      stages.push({
        from: instruction,
        name: as?.toLowerCase() === 'as' && name ? name.toLowerCase() : null,
        image: expanded(image, defaults, buildArgs),
        instructions: [],
      })
    } else stages.at(-1)?.instructions.push(instruction)
  }
  return stages
}

/** What is not known stays as it is written. */
function expanded(
  text: string,
  defaults: ReadonlyMap<string, string | null>,
  given: Readonly<Record<string, string>>,
): string {
  return text.replaceAll(
    /\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
    (written, braced?: string, otherwise?: string, bare?: string) => {
      const name = braced ?? bare ?? ''
      return (Object.hasOwn(given, name) ? given[name] : undefined) ?? defaults.get(name) ?? otherwise ?? written
    },
  )
}

function base({ from, image }: Stage, stages: readonly Stage[], unknown: string[]): Finding[] {
  const line = lineOf(from)
  const isStage = stages.some(({ name, from: other }) => name === image.toLowerCase() && lineOf(other) < line)
  if (isStage || image === 'scratch') return []
  if (image.includes('$')) {
    unknown.push(`line ${line}: ${image} depends on a build argument without a default`)
    return []
  }
  const { tag, digest } = parseImage(image)
  if (digest) return []
  const findings: Finding[] = [{ rule: 'base-without-digest', line, message: `${image} has no digest` }]
  if (!tag) findings.push({ rule: 'base-untagged', line, message: `${image} has no tag` })
  else if (isMovingTag(tag)) findings.push({ rule: 'base-latest', line, message: `${image} is another image tomorrow` })
  return findings
}

function addedUrls(instruction: ModifiableInstruction): Finding[] {
  const url = instruction.getArguments().find((argument) => /^(?:https?|ftp):\/\//i.test(argument.getValue()))
  // With a checksum it is what it was.
  const isChecked = instruction.getFlags().some((flag) => flag.getName() === 'checksum')
  return url && !isChecked
    ? [{ rule: 'add-url', line: lineOf(instruction), message: 'what is added from an address is not checked' }]
    : []
}

/** Build arguments too: they stand in the history of the image. */
function secrets(instruction: PropertyInstruction): Finding[] {
  const isArgument = instruction.getKeyword() === 'ARG'
  return instruction.getProperties().flatMap((property) => {
    const name = property.getName()
    const value = property.getValue() ?? ''
    const isValue = value !== '' && !isPlaceholderValue(value) && !value.startsWith('$')
    if (!SECRET_NAME.test(name) || !(isArgument || isValue)) return []
    return [
      { rule: 'secret-in-image', line: lineOf(instruction), message: `${name} can be read by whoever has the image` },
    ]
  })
}

/** Who it runs as and how its health is known: said in the last stage, or in one it is built upon. */
function finalStage(last: Stage, stages: readonly Stage[]): Finding[] {
  const said: Instruction[] = []
  let stage: Stage | undefined = last
  for (let depth = 0; stage && depth <= stages.length; depth++) {
    said.unshift(...stage.instructions)
    const { image, from }: Stage = stage
    stage = stages.findLast(({ name, from: other }) => name === image.toLowerCase() && lineOf(other) < lineOf(from))
  }
  const findings: Finding[] = []
  const user = said.findLast((instruction) => instruction.getKeyword() === 'USER')
  const name = user?.getArguments()[0]?.getValue().split(':')[0] ?? ''
  const isRootless = user === undefined && /[:-]nonroot\b/.test(last.image)
  if (!isRootless && (user === undefined || name === 'root' || name === '0'))
    findings.push({
      rule: 'root-user',
      line: lineOf(user ?? last.from),
      message: user ? `it runs as ${name}` : 'no user is named: it runs as root',
    })
  const health = said.findLast((instruction) => instruction.getKeyword() === 'HEALTHCHECK')
  if (!health || health.getArguments()[0]?.getValue().toUpperCase() === 'NONE')
    findings.push({
      rule: 'no-healthcheck',
      line: lineOf(health ?? last.from),
      message: 'nothing tells whether it is well',
    })
  return findings
}

function lineOf(instruction: Instruction): number {
  return instruction.getRange().start.line + 1
}

// Command lines of the tools: strict, and an error says what there is.
import { parseArgs } from 'node:util'

/** `flag` is on or off; `text` wants a value; `switch` wants `true` or `false`. `mode`: a flag of which only one may be given. */
export interface OptionSpec {
  type: 'flag' | 'mode' | 'text' | 'switch'
  about: string
}

export interface ToolSpec {
  name: string
  about: string
  options: Record<string, OptionSpec>
}

export interface ToolOptions {
  /** The one mode given, or null. */
  mode: string | null
  flag(name: string): boolean
  text(name: string): string | null
}

/** What is wrong with a command line; the message is all a person needs. */
export class UsageError extends Error {}

/** @throws UsageError for an unknown option, a missing value, or two modes at once. */
export function readOptions(spec: ToolSpec, argv: readonly string[]): ToolOptions {
  const values = parse(spec, argv)
  const isOf = (type: OptionSpec['type']) => (name: string) => spec.options[name]?.type === type
  const modes = Object.keys(values).filter(isOf('mode'))
  if (modes.length > 1) throw new UsageError(`--${modes.join(' and --')} exclude each other`)
  for (const name of Object.keys(values).filter(isOf('switch')))
    if (values[name] !== 'true' && values[name] !== 'false') throw new UsageError(`--${name} wants true or false`)
  for (const name of Object.keys(values).filter(isOf('text')))
    if (String(values[name]).trim() === '') throw new UsageError(`--${name} wants a value`)
  return {
    mode: modes[0] ?? null,
    flag: (name) => values[name] === true,
    text: (name) => (typeof values[name] === 'string' ? values[name] : null),
  }
}

function parse(spec: ToolSpec, argv: readonly string[]): Record<string, string | boolean | undefined> {
  const known = Object.entries(spec.options).map(([name, { type }]) => [
    name,
    { type: type === 'text' || type === 'switch' ? ('string' as const) : ('boolean' as const) },
  ])
  try {
    const { values } = parseArgs({ args: [...argv], options: Object.fromEntries(known), strict: true })
    return values as Record<string, string | boolean | undefined>
  } catch (error) {
    const names = Object.keys(spec.options).map((name) => `--${name}`)
    throw new UsageError(`${(error as Error).message.split('. ')[0]}; there are ${names.join(', ')}`)
  }
}

/**
 * Runs a tool: `--help`, its options, then `main`.
 * @returns the exit code: 2 for a wrong command line.
 */
export async function runTool(
  spec: ToolSpec,
  argv: readonly string[],
  main: (options: ToolOptions) => Promise<number>,
): Promise<number> {
  if (argv.includes('--help')) {
    console.log(describe(spec))
    return 0
  }
  try {
    return await main(readOptions(spec, argv))
  } catch (error) {
    console.error(`${spec.name}: ${(error as Error).message}`)
    return error instanceof UsageError ? 2 : 1
  }
}

function describe(spec: ToolSpec): string {
  const width = Math.max(...Object.keys(spec.options).map((name) => name.length))
  const lines = Object.entries(spec.options).map(([name, { about }]) => `  --${name.padEnd(width)}  ${about}`)
  return [`${spec.name}: ${spec.about}`, '', ...lines].join('\n')
}

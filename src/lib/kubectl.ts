// kubectl: argument vectors for one cluster, what it says when it fails, and the shell of a capsule that calls it.
import { delimiter, join, resolve } from 'node:path'
import { z } from 'zod'
import { KubectlError } from './kubectl-error.ts'
import { runProgram, type Program } from './program.ts'
import { messageOf, OutsideError } from './errors.ts'
import { quoteWord } from './shell.ts'

/** A name that can be no flag. */
export const plainName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9_@:./][\w@:./+-]*$/, 'not a name; expected letters, digits, "-" and "."')

/** Name of an object that stands in host names and in label values. */
export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'not a name of Kubernetes; expected small letters, digits, "-" and "."')

/** Which cluster is asked. Without them kubectl decides, by KUBECONFIG and the current context. */
export const clusterFields = {
  kubeconfig: z.string().min(1).optional().describe('kubeconfig file; without it the usual one'),
  context: plainName.optional().describe('context of the kubeconfig; without it the current one'),
}

/** Where in the cluster. */
export const namespaceField = {
  namespace: plainName.optional().describe("namespace; without it the context's own"),
}

export interface Cluster {
  /** Absolute. */
  kubeconfig?: string | undefined
  context?: string | undefined
  namespace?: string | undefined
}

export interface KubectlOptions extends Cluster {
  /** For each call. */
  timeoutMs: number
}

/** What to install where it is missing. */
const KUBECTL_INSTALL = 'kubectl (https://kubernetes.io/docs/tasks/tools)'

/** Time for kubectl itself beside that of its request. */
const OWN_MS = 5000
/** A list of some ten thousand pods is shorter. */
const OUTPUT_BYTES_MAX = 64 << 20

/** Flags that say which cluster and namespace. */
function clusterFlags({ kubeconfig, context, namespace }: Cluster): string[] {
  return [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ]
}

/** kubectl rounds to whole seconds, and takes 0 for "without end". */
function requestTimeout(timeoutMs: number): string {
  return `--request-timeout=${Math.max(1, Math.ceil(timeoutMs / 1000))}s`
}

/** The same options with a kubeconfig that is found from everywhere. @param directory of `gonogo.yaml`. */
export function inDirectory<Options extends Cluster>(options: Options, directory: string): Options {
  const { kubeconfig } = options
  return kubeconfig === undefined ? options : { ...options, kubeconfig: resolve(directory, kubeconfig) }
}

/** `kubectl ARGS` against the cluster of the options. @param input standard input, as for `--filename=-`. */
export function kubectlProgram(options: KubectlOptions, args: readonly string[], input?: string): Program {
  return {
    file: 'kubectl',
    args: [...args, ...clusterFlags(options), requestTimeout(options.timeoutMs)],
    ...(input === undefined ? {} : { input }),
  }
}

/** In words: `namespace shop of context production`. */
export function placeWords({ context, namespace }: Cluster): string {
  const where = namespace === undefined ? 'the current namespace' : `namespace ${namespace}`
  return context === undefined ? where : `${where} of context ${context}`
}

/** kubectl as one router or target calls it. */
export class Kubectl {
  readonly options: KubectlOptions
  readonly #system: string
  readonly #env: Readonly<Record<string, string>>

  /** @param options with an absolute kubeconfig. @param system for errors: `router edge`. */
  constructor(options: KubectlOptions, system: string, env: Readonly<Record<string, string>>) {
    this.options = options
    this.#system = system
    this.#env = env
  }

  /** What would be run: for a dry-run, and for `run`. */
  program(args: readonly string[], input?: string): Program {
    return kubectlProgram(this.options, args, input)
  }

  /** @returns what it printed. @throws KubectlError with why it could not. */
  async run(program: Program, signal?: AbortSignal, timeoutMs = this.options.timeoutMs): Promise<string> {
    try {
      return await runProgram(program, {
        system: this.#system,
        env: this.#env,
        timeoutMs: timeoutMs + OWN_MS,
        install: KUBECTL_INSTALL,
        outputBytesMax: OUTPUT_BYTES_MAX,
        ...(signal ? { signal } : {}),
      })
    } catch (error) {
      throw error instanceof OutsideError ? KubectlError.from(error) : error
    }
  }

  /** One object as `schema` reads it; null where there is none (or no such namespace). @throws KubectlError */
  async get<T extends z.ZodType>(
    schema: T,
    kind: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<z.output<T> | null> {
    const program = this.program(['get', kind, name, '--output=json', '--ignore-not-found'])
    const text = await this.run(program, signal)
    return text.trim() === '' ? null : this.#read(schema, text, `${kind} ${name}`)
  }

  /** All objects of a kind, or those a selector (`app=web`) chooses. @throws KubectlError */
  async list<T extends z.ZodType>(
    schema: T,
    kind: string,
    selector?: string,
    signal?: AbortSignal,
  ): Promise<z.output<T>[]> {
    const chosen = selector === undefined ? [] : [`--selector=${selector}`]
    const text = await this.run(this.program(['get', kind, '--output=json', ...chosen]), signal)
    return this.#read(z.object({ items: z.array(schema) }), text, `list of ${kind}`).items
  }

  #read<T extends z.ZodType>(schema: T, text: string, what: string): z.output<T> {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      throw new OutsideError(this.#system, `what kubectl printed as ${what} is no JSON: ${messageOf(cause)}`, { cause })
    }
    const read = schema.safeParse(value)
    if (read.success) return read.data
    throw new OutsideError(this.#system, `what kubectl printed is no ${what}: ${z.prettifyError(read.error)}`)
  }
}

/** Variables that decide which cluster kubectl reaches and as whom, and hold no secret themselves. */
const CARRIED = [
  'HOME',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'CLOUDSDK_CONFIG',
  'AZURE_CONFIG_DIR',
] as const

/**
 * Beginning of a capsule's shell: defines `kube`, kubectl against this cluster whatever the environment it is run in says.
 * @param env of the process that writes the capsule: its KUBECONFIG is written down.
 */
export function kubeShell(options: KubectlOptions, env: Readonly<Record<string, string>>): string {
  const { kubeconfig } = options
  const usual = env.KUBECONFIG
    ? env.KUBECONFIG.split(delimiter)
        .map((path) => resolve(path))
        .join(delimiter)
    : env.HOME && join(env.HOME, '.kube', 'config')
  const carried = CARRIED.flatMap((name) =>
    env[name] ? [`[ -n "\${${name}-}" ] || export ${name}=${quoteWord(env[name])}`] : [],
  )
  return [
    'command -v kubectl >/dev/null 2>&1 || {',
    `  echo ${quoteWord(`kubectl is not installed here: ${KUBECTL_INSTALL}`)} >&2`,
    '  exit 1',
    '}',
    ...carried,
    // With a file named, kubectl looks at no other.
    ...(kubeconfig === undefined && usual ? [`export KUBECONFIG=${quoteWord(usual)}`] : []),
    `kube() { kubectl "$@" ${[...clusterFlags(options), requestTimeout(options.timeoutMs)].map(quoteWord).join(' ')}; }`,
  ].join('\n')
}

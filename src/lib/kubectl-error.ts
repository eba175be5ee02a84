// Why kubectl did not do it, read from what it said, and what a person can do about it.
import { OutsideError } from './errors.ts'

/** `conflict`: somebody else changed the object in between; `absent`: there is no such object; `no-kind`: the API has no such kind. */
export type KubectlFailure =
  | 'conflict'
  | 'denied'
  | 'unreachable'
  | 'unusable'
  | 'no-kind'
  | 'absent'
  | 'refused'
  | 'other'

/** What kubectl says. The first that fits counts. */
const SAYINGS: readonly (readonly [KubectlFailure, RegExp])[] = [
  // A JSON patch whose `test` fails is answered so, and no further reason is given.
  [
    'conflict',
    /\(Conflict\)|the object has been modified|testing (?:value )?path|The request is invalid: the server rejected our request due to an error in our request/i,
  ],
  [
    'denied',
    /\(Forbidden\)|\bUnauthorized\b|must be logged in|is forbidden|asked for the client to provide credentials|getting credentials/i,
  ],
  // What kubectl asks where nothing tells it which cluster.
  ['unusable', /connection to the server localhost:8080 was refused/i],
  [
    'unreachable',
    /Unable to connect to the server|was refused|connection refused|no such host|i\/o timeout|Client\.Timeout|TLS handshake|x509:|deadline exceeded|connection reset|\bEOF$|no route to host|network is unreachable|server gave HTTP response|malformed HTTP|did not end within/im,
  ],
  [
    'unusable',
    /context .{0,200} does not exist|context was not found|does not exist in .*config|no configuration has been provided|error loading config|invalid configuration|no such file or directory/i,
  ],
  ['no-kind', /have a resource type|no matches for kind|could not find the requested resource/i],
  ['absent', /\(NotFound\)|not found$/im],
  ['refused', /\(Invalid\)|is invalid|admission webhook|exceeded quota/i],
]

const HINTS: Partial<Record<KubectlFailure, string>> = {
  conflict: 'somebody else changes it at the same time: Argo CD, helm, another release?',
  denied: 'let the identity that kubectl uses do this (`kubectl auth can-i --list` shows what it may)',
  unreachable: 'does the API server run, and may this machine reach it? `kubectl version` tells',
  unusable: 'correct kubeconfig and context; `kubectl config get-contexts` lists them',
  'no-kind': 'are the custom resource definitions of that kind installed in this cluster?',
}

/** kubectl said no. */
export class KubectlError extends OutsideError {
  readonly failure: KubectlFailure

  private constructor(failure: KubectlFailure, error: OutsideError) {
    const hint = HINTS[failure] ?? error.hint
    const retryable = error.retryable || failure === 'unreachable' || failure === 'conflict'
    super(error.system, error.message, { retryable, ...(hint ? { hint } : {}), cause: error })
    this.failure = failure
  }

  /** What a run of kubectl threw, with its reason. One that is not installed stays as it is. */
  static from(error: OutsideError): OutsideError {
    if (error.message.startsWith('cannot run ')) return error
    return new KubectlError(SAYINGS.find(([, saying]) => saying.test(error.message))?.[0] ?? 'other', error)
  }

  /** Whether kubectl failed in this way. */
  static is(error: unknown, ...failures: readonly KubectlFailure[]): boolean {
    return error instanceof KubectlError && failures.includes(error.failure)
  }
}

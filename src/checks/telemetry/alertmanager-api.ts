// What the checks share that ask Alertmanager.
import { askJson, type JsonAnswer } from '../../lib/ask-json.ts'
import type { CheckContext } from '../check.ts'
import { url } from '../fields.ts'
import { ACCESS_SECRETS, accessFields, accessOf, objectOf, objectsOf, textOf } from '../instrument.ts'
import { OutsideError } from '../../lib/errors.ts'

/** Where Debian's and the usual container's Alertmanager listens. */
export const ALERTMANAGER = 'http://127.0.0.1:9093'

/** Options of every check that asks Alertmanager. */
export const alertmanagerFields = {
  url: url('http', 'https').default(ALERTMANAGER).describe('address of Alertmanager: what stands before /api/v2'),
  ...accessFields,
}

/** The secret ones of `alertmanagerFields`. */
export const ALERTMANAGER_SECRETS = ['url', ...ACCESS_SECRETS] as const

/** An alert as Alertmanager holds it. */
export interface HeldAlert {
  name: string
  labels: Readonly<Record<string, unknown>>
  receivers: string[]
  /** `active`, `suppressed` or `unprocessed`. */
  state: string
  /** Ids of silences and fingerprints of alerts that keep it quiet. */
  quietedBy: string[]
}

export interface AlertmanagerApi {
  /** @throws OutsideError */
  get(path: string, parameters: URLSearchParams, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>[]>
  /** @throws OutsideError */
  post(path: string, body: unknown, signal: AbortSignal): Promise<JsonAnswer>
}

type AlertmanagerOptions = Parameters<typeof accessOf>[0] & { url: string }

/** @throws OutsideError when it cannot be asked at all */
export function alertmanagerAt(
  options: AlertmanagerOptions,
  context: Pick<CheckContext, 'directory'>,
): AlertmanagerApi {
  const access = accessOf(options, context.directory)
  const addressOf = (path: string): string => {
    const address = new URL(options.url)
    address.pathname = `${address.pathname.replace(/\/+$/, '')}/api/v2/${path}`
    return address.href
  }
  const system = 'Alertmanager'
  return {
    async get(path, parameters, signal) {
      const { data } = await askJson({ system, url: `${addressOf(path)}?${parameters}`, ...access }, signal)
      const list = objectsOf(data)
      if (!list) throw new OutsideError(system, `gave no list of ${path}`, { hint: 'correct `url`' })
      return list
    },
    post(path, body, signal) {
      const headers = { ...access.headers, 'content-type': 'application/json' }
      const asked = { system, url: addressOf(path), ...access, headers, method: 'POST' as const }
      return askJson({ ...asked, body: JSON.stringify(body) }, signal)
    },
  }
}

/** Reads an alert of `/api/v2/alerts`. */
export function heldAlertOf(entry: Readonly<Record<string, unknown>>): HeldAlert {
  const status = objectOf(entry.status)
  const labels = objectOf(entry.labels)
  const ids = (value: unknown): string[] => (Array.isArray(value) ? value.map(textOf) : [])
  return {
    name: textOf(labels.alertname),
    labels,
    receivers: (objectsOf(entry.receivers) ?? []).map(({ name }) => textOf(name)),
    state: textOf(status.state),
    quietedBy: [...ids(status.silencedBy), ...ids(status.inhibitedBy)],
  }
}

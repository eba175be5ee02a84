// Routers over objects of Kubernetes, as rollouts and canaries name them.
import { dnsName } from '../../lib/kubernetes/names.ts'
import { mapOf, type Resource } from '../../guards/import/resources.ts'
import type { ServiceDraft } from './draft.ts'

/** As the other routers call it. */
const PREVIEW_HEADER = 'x-gonogo-version'

/** An HTTPRoute whose weights are changed. @param preview whether testers reach the new version before it has traffic. */
export function routeRouter(
  route: string,
  cluster: Readonly<Record<string, unknown>>,
  preview: boolean,
): ServiceDraft['router'] {
  return {
    kind: 'http-route',
    ...cluster,
    route: objectNameOf(route),
    ...(preview ? { previewHeader: PREVIEW_HEADER } : {}),
  }
}

/** An Ingress of ingress-nginx that gets a second one beside it. @param preview as of `routeRouter`. */
export function ingressRouter(
  ingress: string,
  cluster: Readonly<Record<string, unknown>>,
  preview: boolean,
): ServiceDraft['router'] {
  const header = preview ? { previewHeader: PREVIEW_HEADER } : {}
  return { kind: 'ingress-nginx', ...cluster, ingress: objectNameOf(ingress), ...header }
}

/** A Service whose selector is switched. */
export function selectorRouter(resource: Resource, service: string): ServiceDraft['router'] {
  return { kind: 'service-selector', ...namespaceOf(resource), service: objectNameOf(service) }
}

/** The namespace of a document, where it says one. */
export function namespaceOf(resource: Resource): Record<string, string> {
  const namespace = mapOf(resource.value.metadata)?.namespace
  return typeof namespace === 'string' && namespace !== '' ? { namespace: objectNameOf(namespace) } : {}
}

/** A name as it stands there, where objects can be called so. */
export function objectNameOf(text: string): string {
  return text.length <= 253 && /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(text) ? text : dnsName(text)
}

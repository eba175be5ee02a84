// What the usual exporters call requests, durations, status and version: data, one entry a convention.

export interface Template {
  /** Said in the documentation of the option. */
  title: string
  /** Counter of requests, by status. */
  requests: string
  /** Histogram of durations, without `_bucket`. */
  durations: string
  /** From the histogram's unit to milliseconds. */
  toMs: number
  statusLabel: string
  versionLabel: string
  serviceLabel: string
  namespaceLabel: string
  /** Further labels that must be so, unless the configuration says otherwise. */
  labels?: Readonly<Record<string, string>>
  /** Why the label's value is never the version's own name; then `versions` has to say what it is. */
  otherNames?: string
}

const NODE = {
  requests: 'http_request_duration_seconds_count',
  durations: 'http_request_duration_seconds',
  toMs: 1000,
  statusLabel: 'status_code',
  versionLabel: 'version',
  serviceLabel: 'job',
  namespaceLabel: 'namespace',
}

export const templates = {
  'ingress-nginx': {
    title: 'ingress-nginx, canary by annotation',
    requests: 'nginx_ingress_controller_requests',
    durations: 'nginx_ingress_controller_request_duration_seconds',
    toMs: 1000,
    statusLabel: 'status',
    versionLabel: 'canary',
    serviceLabel: 'ingress',
    namespaceLabel: 'namespace',
    otherNames: 'the label `canary` is empty for the stable version and NAMESPACE-SERVICE-PORT for the candidate',
  },
  'gateway-api': {
    title: 'Gateway API on Envoy: Contour, Envoy Gateway',
    requests: 'envoy_cluster_upstream_rq',
    durations: 'envoy_cluster_upstream_rq_time',
    toMs: 1,
    statusLabel: 'envoy_response_code',
    versionLabel: 'envoy_cluster_name',
    serviceLabel: 'service',
    namespaceLabel: 'namespace',
    otherNames: 'the label `envoy_cluster_name` is the name of a cluster of Envoy, such as NAMESPACE_SERVICE_PORT',
  },
  istio: {
    title: 'Istio standard metrics',
    requests: 'istio_requests_total',
    durations: 'istio_request_duration_milliseconds',
    toMs: 1,
    statusLabel: 'response_code',
    versionLabel: 'destination_version',
    serviceLabel: 'destination_service_name',
    namespaceLabel: 'destination_service_namespace',
    labels: { reporter: 'destination' },
  },
  express: { title: 'express-prom-bundle', ...NODE },
  fastify: { title: 'fastify-metrics', ...NODE },
  http: {
    title: 'OpenTelemetry semantic conventions: http.server.request.duration',
    requests: 'http_server_request_duration_seconds_count',
    durations: 'http_server_request_duration_seconds',
    toMs: 1000,
    statusLabel: 'http_response_status_code',
    versionLabel: 'service_version',
    serviceLabel: 'job',
    namespaceLabel: 'namespace',
  },
  spring: {
    title: 'Spring Boot with Micrometer',
    requests: 'http_server_requests_seconds_count',
    durations: 'http_server_requests_seconds',
    toMs: 1000,
    statusLabel: 'status',
    versionLabel: 'version',
    serviceLabel: 'job',
    namespaceLabel: 'namespace',
  },
  traefik: {
    title: 'Traefik, per service',
    requests: 'traefik_service_requests_total',
    durations: 'traefik_service_request_duration_seconds',
    toMs: 1000,
    statusLabel: 'code',
    versionLabel: 'service',
    serviceLabel: 'job',
    namespaceLabel: 'namespace',
    otherNames: 'the label `service` is the name of a service of Traefik, such as SERVICE@PROVIDER',
  },
} as const satisfies Record<string, Template>

export type TemplateName = keyof typeof templates

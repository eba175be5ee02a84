// gonogo.yaml for a document about a pipeline of events on Kubernetes that is deployed by scripts of its own.
import { type Bound } from './binder.ts'
import { beforeDeployment } from './event-pipeline-kubernetes/before.ts'
import { fromDeployment } from './event-pipeline-kubernetes/deployment.ts'
import { DATABASE, ERRORS, quantile } from './event-pipeline-kubernetes/environment.ts'
import { PROMETHEUS, ofService } from './imagined.ts'

export const eventPipelineKubernetes: Bound = {
  document: 'event-pipeline-kubernetes.md',
  config: {
    service: 'event-pipeline',
    people: {
      'release-manager': ['rita'],
      engineering: ['emil'],
      devops: ['olga'],
      security: ['sam'],
      product: ['paul'],
    },
    defaults: { ask: 'release-manager' },
    backups: { database: { kind: 'postgres', ...DATABASE } },
    signals: {
      service: {
        kind: 'prometheus',
        url: PROMETHEUS,
        everyMs: 5000,
        queries: {
          'error-rate': ofService(ERRORS, 'percent'),
          'latency-p95': ofService(quantile(0.95, 'http_request_duration_seconds'), 'ms'),
          'latency-p99': ofService(quantile(0.99, 'http_request_duration_seconds'), 'ms'),
          'cpu-share': ofService(
            'sum(rate(container_cpu_usage_seconds_total{pod=~"api-gateway-.*"}[5m])) / sum(kube_pod_container_resource_limits{pod=~"api-gateway-.*",resource="cpu"}) * 100',
            'percent',
          ),
          'memory-share': ofService(
            'sum(container_memory_working_set_bytes{pod=~"api-gateway-.*"}) / sum(kube_pod_container_resource_limits{pod=~"api-gateway-.*",resource="memory"}) * 100',
            'percent',
          ),
          'ingestion-lag': ofService('max(event_ingestion_lag_seconds)'),
          'drop-rate': ofService(
            'sum(rate(events_dropped_total[5m])) / sum(rate(events_received_total[5m])) * 100',
            'percent',
          ),
          'queue-depth': ofService('sum(pubsub_subscription_num_undelivered_messages)'),
          'decision-time': ofService(quantile(0.95, 'decision_duration_seconds'), 'ms'),
          'decision-accuracy': ofService('min(decision_model_accuracy_ratio) * 100', 'percent'),
          'generation-time': ofService(quantile(0.95, 'content_generation_duration_seconds'), 'ms'),
          'generation-success': ofService(
            'sum(rate(content_generated_total{outcome="ok"}[5m])) / sum(rate(content_generated_total[5m])) * 100',
            'percent',
          ),
          'failed-logins': ofService('sum(increase(auth_failures_total[1h]))'),
          'rate-limited': ofService('sum(increase(rate_limit_rejections_total[1h]))'),
          'traffic-change': ofService(
            'abs(sum(rate(http_requests_total[10m])) / sum(rate(http_requests_total[10m] offset 7d)) - 1) * 100',
            'percent',
          ),
          'certificate-days': ofService('min(probe_ssl_earliest_cert_expiry - time()) / 86400'),
          'database-denials': ofService('sum(increase(pgaudit_denied_statements_total[1h]))'),
          'escalation-attempts': ofService('sum(increase(falco_events{rule=~".*(?i:privilege).*"}[1h]))'),
        },
      },
    },
  },
  rules: [...beforeDeployment, ...fromDeployment],
}

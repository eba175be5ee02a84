// gonogo.yaml for a document about a service on Kubernetes that is delivered by a Helm chart from one slot to the other.
import { type Bound } from './binder.ts'
import { beforeDelivery } from './blue-green-helm/before.ts'
import { fromDelivery } from './blue-green-helm/delivery.ts'
import { DATABASE, P95_MS, SHARE_OF_ERRORS } from './blue-green-helm/environment.ts'
import { PROMETHEUS, ofService } from './imagined.ts'

export const blueGreenHelm: Bound = {
  document: 'blue-green-helm.md',
  config: {
    service: 'api-gateway',
    people: {
      'release-manager': ['rita'],
      dba: ['dan'],
      security: ['sam'],
      'on-call': ['olga'],
    },
    defaults: { ask: 'release-manager' },
    backups: { database: { kind: 'postgres', ...DATABASE } },
    signals: {
      service: {
        kind: 'prometheus',
        url: PROMETHEUS,
        queries: {
          'error-rate': ofService(SHARE_OF_ERRORS, 'percent'),
          'latency-p95': ofService(P95_MS, 'ms'),
          'database-query': ofService(
            'sum(rate(db_query_duration_seconds_sum[5m])) / sum(rate(db_query_duration_seconds_count[5m])) * 1000',
            'ms',
          ),
          'database-up': ofService('min(pg_up)'),
          'critical-down': ofService('sum(up{namespace="production",critical="true"} == bool 0)'),
          'services-failing': ofService('sum(probe_success{job="services"} == bool 0)'),
          'checksum-failures': ofService('sum(increase(pg_stat_database_checksum_failures[10m]))'),
          'security-events': ofService('sum(increase(falco_events{priority=~"Critical|Alert|Emergency"}[5m]))'),
        },
      },
    },
  },
  rules: [...beforeDelivery, ...fromDelivery],
}

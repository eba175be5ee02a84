// gonogo.yaml for a document about a Node.js backend under pm2 that writes back to the system it reads from: Postgres, Redis, a CDN.
import { type Bound } from './binder.ts'
import { ofService, PROMETHEUS } from './imagined.ts'
import { API, DATABASE, errorsOver, queueIn, successesOver, PROBED } from './bidirectional-sync/environment.ts'
import { afterDeployment } from './bidirectional-sync/after.ts'
import { beforeDeployment } from './bidirectional-sync/before.ts'
import { duringDeployment } from './bidirectional-sync/deployment.ts'

export const bidirectionalSync: Bound = {
  document: 'bidirectional-sync.md',
  config: {
    service: 'pfa-vanguard',
    people: {
      'release-manager': ['rita'],
      'product-owner': ['paul'],
      devsecops: ['emil'],
      security: ['sam'],
      communications: ['cora'],
      support: ['sven'],
    },
    defaults: { ask: 'release-manager' },
    backups: {
      database: { kind: 'postgres', url: DATABASE, upload: [{ store: 's3', bucket: 'backups', prefix: 'pfa/' }] },
    },
    signals: {
      prometheus: {
        kind: 'prometheus',
        url: PROMETHEUS,
        everyMs: 5000,
        queries: {
          'error-rate': ofService(errorsOver('5m'), 'percent'),
          'smoke-failures': ofService('sum(smoke_test_failures{environment="production"})', 'count'),
          'critical-errors-of-hour': ofService('sum(increase(log_messages_total{level="critical"}[1h]))', 'count'),
          reachable: ofService(`max(probe_success{${PROBED(`${API}/health`)}})`, 'count'),
          'sync-success': ofService(successesOver('15m'), 'percent'),
          'queue-size': ofService(queueIn(), 'count'),
          'p1-alerts': ofService('count(ALERTS{alertstate="firing",severity="p1"}) or vector(0)', 'count'),
          journeys: ofService('min(probe_success{job="journeys"})', 'count'),
        },
      },
      checksums: {
        kind: 'sql',
        postgres: DATABASE,
        query: 'SELECT coalesce(sum(checksum_failures), 0) FROM pg_stat_database',
        signal: 'damaged-pages',
        unit: 'count',
      },
      orphans: {
        kind: 'sql',
        postgres: DATABASE,
        query: 'SELECT count(*) FROM pfa_write_queue q LEFT JOIN pfa_records r ON r.id = q.pfa_id WHERE r.id IS NULL',
        signal: 'orphaned-writes',
        unit: 'count',
      },
    },
  },
  rules: [...beforeDeployment, ...duringDeployment, ...afterDeployment],
}

// Checks of monitoring, alerts and logs: one line a kind.
import { alertmanagerAlerts } from '../../checks/telemetry/alertmanager-alerts.ts'
import { alertmanagerRoute } from '../../checks/telemetry/alertmanager-route.ts'
import { elasticsearchCount } from '../../checks/telemetry/elasticsearch-count.ts'
import { errorTracker } from '../../checks/telemetry/error-tracker.ts'
import { grafanaDashboards } from '../../checks/telemetry/grafana-dashboards.ts'
import { logScan } from '../../checks/telemetry/log-scan.ts'
import { prometheusQuery } from '../../checks/telemetry/prometheus-query.ts'
import { prometheusRules } from '../../checks/telemetry/prometheus-rules.ts'
import { prometheusTargets } from '../../checks/telemetry/prometheus-targets.ts'
import { uptime } from '../../checks/telemetry/uptime.ts'

export const telemetry = [
  prometheusQuery,
  prometheusTargets,
  prometheusRules,
  alertmanagerAlerts,
  alertmanagerRoute,
  grafanaDashboards,
  logScan,
  errorTracker,
  elasticsearchCount,
  uptime,
] as const

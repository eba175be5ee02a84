// Checks of monitoring, alerts and logs: one line a kind.

export const telemetry = {
  'prometheus-query': async () => (await import('../../checks/telemetry/prometheus-query.ts')).prometheusQuery,
  'prometheus-targets': async () => (await import('../../checks/telemetry/prometheus-targets.ts')).prometheusTargets,
  'prometheus-rules': async () => (await import('../../checks/telemetry/prometheus-rules.ts')).prometheusRules,
  'alertmanager-alerts': async () => (await import('../../checks/telemetry/alertmanager-alerts.ts')).alertmanagerAlerts,
  'alertmanager-route': async () => (await import('../../checks/telemetry/alertmanager-route.ts')).alertmanagerRoute,
  'grafana-dashboards': async () => (await import('../../checks/telemetry/grafana-dashboards.ts')).grafanaDashboards,
  'log-scan': async () => (await import('../../checks/telemetry/log-scan.ts')).logScan,
  'error-tracker': async () => (await import('../../checks/telemetry/error-tracker.ts')).errorTracker,
  'elasticsearch-count': async () => (await import('../../checks/telemetry/elasticsearch-count.ts')).elasticsearchCount,
  uptime: async () => (await import('../../checks/telemetry/uptime.ts')).uptime,
}

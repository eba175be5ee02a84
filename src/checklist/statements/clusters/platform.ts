// What the interface of a platform or vendor can tell: side C of the cluster table.
import { nouns, type Cluster } from './cluster.ts'

export const PLATFORM: readonly Cluster[] = [
  {
    name: 'dashboards and monitoring',
    subject: nouns`
      
      (?:monitoring |grafana |metrics |performance |operational |health |business |cloudwatch |datadog |apm |new relic |system |analytics )*dashboards?,
      grafana,
      (?:system |application |performance |database |uptime |error |infrastructure |health |log |production |real-?time |server |cost |security |service |apm |metrics |external |basic |availability |resource |real user |continuous )*monitoring(?: tools?| systems?| agents?| stack| setup| services?| solution| infrastructure)?,
      (?:[\w-]+ )?monitors?,
      (?:custom |business |key |slo |application |prometheus |golden )?metrics(?: collection| endpoint| export\w*| dashboards?| server| pipeline| scraping)?,
      apm, (?:distributed )?trac(?:ing|es), observability(?: stack)?, telemetry,
      prometheus(?: targets?| metrics| scrap\w+)?, scrape targets,
      sentry(?: dsn| integration| project| releases?)?, datadog, new ?relic,
      cloudwatch(?: alarms?| logs?| metrics)?, error (?:tracking|reporting|monitoring|logging),
      crash reporting, instrumentation, profil(?:ing|er), screenboard, sonarqube, splunk, elk(?: stack)?,
      kibana, loki, jaeger, crashlytics, uptime (?:robot|checks?)`,
    not: /\bneeds|team/,
  },
  {
    name: 'alerts configured',
    subject: nouns`
      
      (?:monitoring |error |critical |performance |security |latency |uptime |budget |cost |pagerduty |slack |downtime |disk |memory |cpu |rate |email |prometheus |health |automated |cloudwatch |production )*alert(?:s|ing)?(?: rules?| thresholds?| systems?| channels?| notifications?| polic(?:y|ies)| routing| manager| conditions?| integrations?| configuration)?,
      alarms?, alertmanager, pager ?duty(?: integration)?, opsgenie, pagers?, error notifications?,
      monitoring notifications, notification channels?`,
    not: /\b(?:acknowledg|train|discuss)/,
  },
  {
    name: 'secrets stored',
    subject: nouns`
      secrets?,
      (?:api |jwt |hmac |third-party |partner |master |public |session |account |ssh |encryption |private |signing |production |secret |deploy |service account |access )+keys?,
      ^keys, (?:database |production |admin |aws |cloud |firebase |api |service |test )*credentials,
      secrets? (?:manager|management|store|rotation|storage), (?:key )?vault, key (?:rotation|management),
      sensitive (?:configuration|env\w* variables|values|config\w*), private keys?, kms, keystore,
      service keys, database (?:passwords?|credentials), redis passwords?`,
    not: /\b(?:polic(?:y|ies))\b/,
  },
  {
    name: 'policies enforced',
    subject: nouns`
      
      (?:password|lifecycle|retention|retry|scaling|bucket|eviction|cache|session|lockout|access|branch protection|log retention|backup retention|network) polic(?:y|ies)`,
    states: /configur|enforc|enabl|\bset\b|appl|activ|attach|in-place/,
    bare: false,
  },
  {
    name: 'cluster limits',
    subject: nouns`
      resource (?:limits?|quotas?|requests|allocation|limits and requests),
      (?:cpu |memory |pod |connection |request )?limits, ^requests, quotas?, hpa, vpa, pdbs?,
      pod ?disruption ?budgets?, horizontal pod autoscal\w+, network polic(?:y|ies), namespaces?, node pools?,
      storage classes, security contexts?, pod security \w+, persistent volumes?(?: claims?)?, pvcs?,
      prestop(?: hook)?, graceful shutdown, replica counts?, ingress tls, taints, affinity(?: rules)?,
      image pull (?:secrets|policy), instance (?:types?|sizes?), primary instance, node selectors?,
      service mesh`,
    states:
      /configur|set|defin|appropriate|enabl|creat|appl|exist|in-place|valid|correct|review|\d|specif|enforc|sufficient|ready|active|verif|adjust|ok|tuned|adequate/,
  },
  {
    name: 'firewall and network',
    subject: nouns`
      firewalls?(?: rules?| config\w*)?, (?:unused |unnecessary |required |open |necessary |public )+ports,
      ports?, security groups?, vpcs?(?: peering)?, vpns?(?: access| connections?)?, subnets?,
      network (?:connectivity|access|segmentation|security|config\w*|rules|latency|acls?|isolation), acls?,
      bastion(?: hosts?)?, fail2ban, ufw, ssh(?: access| keys?| configuration| hardening)?, root login,
      (?:internet|outbound|inbound) (?:connectivity|access|traffic), static ips?, ip addresses, elastic ips?,
      intrusion detection, private network`,
  },
  { name: 'status page', subject: nouns`status ?pages?, maintenance (?:page|banner)` },
  {
    name: 'restore tested',
    subject: nouns`
      
      (?:backup |database |data |full |point-in-time |disaster )*(?:restores?|restoration|recovery)(?: tests?| process| procedures?)?,
      backups? and restores?, failover(?: tests?| mechanism| scenarios?)?, (?:recovery|restore|rollback) scripts?, backup/restore procedures?, (?:dr|restore) (?:tests?|drills?),
      disaster recovery(?: tests?)?, roll-?backs?, rollback (?:tests?|mechanism|capability),
      canary rollback`,
    states: /test|verif|validat|work|success|practi[sc]|rehears|pass|complet|automat/,
    bare: false,
    tested: true,
  },
  {
    name: 'continuous integration green',
    subject: nouns`
      ci, ci/cd, cd,
      (?:ci/cd |ci |cd |build |deployment |deploy |github |release |gitlab )+(?:pipelines?|workflows?|jobs?|builds?|runs?|actions?|process),
      pipelines?, github actions?(?: workflows?)?, gitlab ci, jenkins,
      (?:required |status |automatic )checks, branch protection(?: rules)?,
      (?:automated |continuous )deployments?, continuous (?:integration|delivery)`,
  },
]

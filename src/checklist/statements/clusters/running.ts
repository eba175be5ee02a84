// What a probe of endpoints, databases, pods and measures can tell: side B of the cluster table.
import { begins, nouns, type Cluster } from './cluster.ts'

export const RUNNING: readonly Cluster[] = [
  {
    name: 'latency and performance',
    subject: nouns`
      latenc(?:y|ies),
      (?:response|load|loading|query|page load|upload|processing|startup|execution|render\w*|request|queue|wait|resolution|build|verification|connection|boot|turnaround) times?,
      page speed, lighthouse(?: scores?)?, (?:core )?web vitals, (?:first|largest) contentful paint,
      cumulative layout shift, first input delay, time to (?:interactive|first byte), total blocking time, ttfb, p\d\d, performance,
      (?:performance|system|application|app|business|key|custom|node|infrastructure|server|database|api|redis|cache|sanitization|usage|error|request|health|specter|service|resource) metrics,
      (?:service |system )?degradation,
      performance (?:metrics?|targets?|baselines?|benchmarks?|regressions?|impact|degradation|monitoring|tests?|indicators?),
      slow (?:queries|requests|endpoints), benchmarks?, baselines?, baseline metrics`,
    not: /\b(?:plan|analy[sz]ed)\b/,
  },
  {
    name: 'login and access control',
    subject: nouns`
      log-?ins?, logouts?, sign-?in, authentication, auth, authorization, rbac,
      (?:role[ -]based )?access controls?, access,
      (?:file |rbac |user |folder |directory |iam |role |database )?permissions, sessions?,
      session (?:management|timeouts?|cookies?), jwts?, (?:jwt |access |refresh |auth |api )tokens?, ^tokens,
      jwt secret, token (?:expiration|expiry|rotation|validation|verification), oauth2?, sso, saml, 2fa, mfa,
      (?:authentication|auth|login|sso|oauth) flows?, two-factor authentication, multi-factor authentication,
      (?:default |admin |root |database |strong )*passwords?,
      password (?:hashing|policy|reset|requirements|strength), iam (?:roles?|policies|users?),
      service accounts?, rls(?: policies| policy)?, row level security, security rules, privileges,
      unauthori[sz]ed access(?: attempts)?, admin (?:user|account|access|panel|credentials|routes),
      superuser, cookies?, account lockout, least privilege,
      (?:protected|admin|auth\w*) (?:routes|endpoints)`,
  },
  {
    name: 'database and pool',
    subject: nouns`
      databases?, dbs?, (?:connection|database|db|thread)[ -]?pool(?:ing|s)?, connections?, connectivity,
      connection strings?, (?:database |db |data)tables?, ^tables?, schemas?, ^collections, index(?:es)?, indices,
      (?:database |sql |db )quer(?:y|ies), constraints, foreign keys?, primary keys, unique constraints,
      replication(?: lag| status)?, (?:read )?replicas?, replica sets?, postgres(?:ql)?, mysql, mariadb,
      mongodb(?: atlas)?, mongo, neo4j, sqlite, rds, supabase, firestore, dynamodb, elasticsearch,
      opensearch,
      database (?:functions|triggers|users?|credentials|server|cluster|instance|access|performance|size|health|monitoring|backend|extensions?|locks?|connections?),
      deadlocks?, locks, stored procedures, seed data, initial data, row counts?, record counts?`,
  },
  {
    name: 'health endpoint',
    subject: nouns`
      health[ -]?checks?(?: endpoints?)?, health, system health, service health,
      health (?:status|probes?|monitoring|endpoints?),
      (?:api |rest |http |admin |auth\w* |all |key |critical |metrics |webhook )endpoints?, endpoints?,
      (?:liveness|readiness|startup)(?: and readiness)? ?(?:probes?)?, probes?, liveness, heartbeats?`,
    states:
      /respond|answer|return|check|confirm|reach|access|work|health|pass|configur|availab|enabl|up\b|running|expos|deploy|secur|protect|requir|test|monitor|ok|green|live|operational|implement|valid|set|functional|stable|normal|\d|defin|exist|good|verif|fail|activ|load|visible/,
  },
  {
    name: 'TLS certificate',
    subject: nouns`
      ssl, tls, ssl/tls, https, hsts, (?:ssl |tls |ssl/tls |https )?certificates?, certs?,
      ssl (?:termination|config\w*|labs(?: (?:grade|rating|score))?(?: \w\+?)?|grade|renewal),
      (?:certificate|cert|ssl)(?: certificate)? (?:auto-?renewal|renewal|expir\w+|validity|chain|monitoring),
      auto-?renewal, https (?:redirects?|enforcement|only|termination), http to https,
      encryption(?: at rest| in transit)?, data encryption`,
    not: /\b(?:training|purchas\w+)\b/,
  },
  {
    name: 'logs clean',
    subject: nouns`
      logs?,
      (?:error|access|application|app|server|system|audit|database|service|agent|nginx|container|deployment|runtime|console|pod|security) logs?,
      logging, (?:error|structured|audit|application|centrali[sz]ed|request|security|event) logging,
      log (?:levels?|rotation|retention|aggregation|files?|groups?|output|shipping|collection|management|monitoring|analysis|forwarding|streams?),
      audit trails?,
      (?:console|critical|javascript|js|runtime|server|application|5xx|http|fatal|unexpected|database|import|deployment|build|network|new|connection|memory|unhandled) (?:errors|exceptions|warnings),
      errors?, warnings, exceptions, stack traces?, pii, sensitive (?:data|information), correlation ids?,
      request ids?, restarts, (?:memory|connection|resource|handle|descriptor) leaks?, crash loops?, oom\w*,
      (?:oom\w*|restart|eviction|failover|deadlock) events?, unhandled (?:promise )?rejections`,
  },
  {
    name: 'services up',
    subject: nouns`
      pods?, containers?, (?:micro)?services?, nodes?, instances?, workers?, processes, daemons?,
      applications?, apps?, servers?, vms?, virtual machines?, hosts?, clusters?, kubernetes(?: cluster)?,
      k8s, backends?, front-?ends?, (?:web)?sites?,
      (?:landing|home|status|marketing|login|production|web|main|docs|documentation|api) ?(?:page|site),
      home-?pages?, urls?, deployments?, releases?, systems?, infrastructure, jobs?, schedulers?, gateways?,
      listeners?, consumers?, smart contracts?, ^functions?, (?:cloud|edge|serverless|lambda) functions?, lambdas?, lambda functions, sockets?, components, agents?,
      buckets?, (?:s3 |gcs |storage )?buckets?, volumes?, connectors, storage, stack, stateful ?sets?,
      daemon ?sets?, ports?, router, upstreams?, dependenc(?:y|ies), supervisor, systemd, pm2, files?,
      assets, images, staging, production, mirrors?, peers, plugins?, ^tasks, (?:old|new|ecs|fargate) tasks, ^links, (?:internal|external|all) links`,
    states:
      /^(?:(?:is|are|was|were|be|been|being|has|have|all|now|must|should|stays?|remains?|remain|stay|properly|successfully|correctly|fully|securely|currently|completely|up|and) )*(?:running|start|restart|up\b|online|healthy|live|alive|deployed|provisioned|installed|responding|responsive|respond|reachable|accessible|available|connected|instantiate|registered|listening|serving|open(?:ed)?\b|closed|bound|created|scaled|stable|stopped|drained|ready|operational|launched|enabled|configured|set-up|synced|synchroni[sz]ed|backed-up|encrypted|mounted|load|loads|returns?|resolves?|scheduled|executed|not|down|unreachable|unavailable|unhealthy|failing|fails?|crashed|version|deploys?|completes?|completed|succeed|succeeds|successful|functional|functioning|working|work|works|monitored|patched|hardened|ok|green|normal|exposed|in-place|active|allocated|removed|compressed|minified|purged|present|exists?|at least|on|using|updated|upgraded|uploaded|pinned|tagged|match|matches|verified|tested|blocked|restricted|pushed|built|drained|attached|processing|executing|draining|executes?|builds|works)\b/,
    bare: false,
  },
  {
    name: 'memory and processor',
    subject: nouns`
      memory,
      (?:memory|cpu|ram|resource|disk|heap|swap|gpu|system resource|network|bandwidth|cpu/memory)(?:[ /]\w+)? (?:usage|utili[sz]ation|consumption|levels?|pressure),
      cpu, cpus, vcpus?, (?:cpu|processor) cores?, ram, (?:system|server|node|host) load, system resources,
      resource (?:usage|utili[sz]ation|consumption), utili[sz]ation, usage, load average, resource leaks?`,
    not: /agreed/,
  },
  {
    name: 'error rate',
    subject: nouns`
      error rates?,
      (?:failure|success|crash|completion|conversion|hit|detection|delivery|cancellation|timeout|retry|bounce|drop|success/failure|request|acceptance|upload|rejection|miss|failed\w*|crash-free|uptime|retention|activation|churn) rates?,
      errors, failures, crashes, timeouts, 5xx, 4xx, 5xx (?:errors|responses), http 5xx errors,
      error (?:spikes?|budget|counts?|volume|percentage), spikes, anomal(?:y|ies), crash(?:es)? reports?,
      violations, slo violations,
      (?:adoption|click|click-through|open|engagement) rates?`,
  },
  {
    name: 'migrations',
    subject: nouns`
      migrations?, (?:database|schema|data|db|sql|prisma) migrations?,
      migration (?:scripts?|status|files?|rollback|completion|validation),
      schema (?:changes|updates?|version)`,
    not: /\b(?:plan(?:ned)?|timeline|guide|scheduled)\b/,
  },
  {
    name: 'traffic and load balancer',
    subject: nouns`
      load[ -]?balanc(?:ers?|ing), [aen]lb, (?:http|https|alb) listeners?, nat gateways?, route tables?,
      internet gateway, (?:public|private) subnets?, target groups?,
      traffic(?: routing| split\w*| shifting| switch)?, (?:traffic |canary )?rollouts?, (?:traffic |domain |dns |request |path )routing, ^routing, ingress(?: controller| rules)?,
      reverse prox(?:y|ies), prox(?:y|ies), nginx, apache, caddy, haproxy, traefik, istio, service mesh, waf,
      web application firewall, auto-?scal(?:ing|er)(?: rules| polic(?:y|ies)| groups?)?, auto scaling,
      horizontal scaling, failover, circuit breakers?, high availability, redundancy, multi-az,
      sticky sessions?, api gateway, (?:ssl|https|www|url|http) redirects?, redirects, canary, blue/green`,
  },
  {
    name: 'DNS',
    subject: nouns`
      dns(?: records?| propagation| entries| configuration| settings| resolution| ttl| changes| blocking)?,
      (?:custom |production |root )?domains?(?: names?)?, subdomains?, a records?, cname(?: records?)?,
      mx records?, name-?servers?, ttls?, spf(?:/dkim)?, dkim, dmarc, hostnames?`,
    states:
      /configur|point|resolv|propagat|set|updat|creat|verif|add|correct|work|valid|secur|protect|regist|renew|ready|low|reduc|live|activ|test|function|\d|reach|publish|switch|present|exist/,
  },
  {
    name: 'backup taken',
    subject: nouns`
      back-?ups?,
      (?:database|data|db|full|config\w*|system|automated|automatic|daily|uploads|offsite|production|regular|code|file|user data|mongodb|postgres\w*|rds|ebs|volume|automatic) back-?ups?,
      snapshots?, dumps?, database dumps?,
      backup (?:schedule|retention|jobs?|storage|integrity|verification|files?|encryption|systems?|scripts?|automation|monitoring|bucket|size|location),
      backups? and (?:restores?|recovery), point-in-time recovery, pitr`,
    not: /\b(?:plan|procedure)\b/,
  },
  {
    name: 'third party',
    subject: nouns`
      third[ -]party (?:services?|apis?|integrations?|dependencies),
      (?:external|api|third-party|stripe|slack|payment|service|system|downstream|upstream) (?:integrations?|services?|apis?|dependencies),
      integrations, web-?hooks?(?: endpoints?| urls?)?, \w+ webhooks?,
      payment (?:gateway|provider|processor), stripe, sendgrid, twilio, smtp, mail server,
      (?:email|sms|mail) (?:service|provider|delivery|server|sending), email configuration, firebase, aws,
      s3, api quotas?, quotas, oauth (?:apps?|redirect ur[il]s?|providers?|callbacks?), callback urls?,
      push notification service, google analytics, analytics, (?:google )?search console, cloudflare, vercel,
      accounts`,
    states:
      /configur|reach|connect|set|work|respond|valid|verif|test|enabl|updat|health|operational|function|activ|integrat|access|availab|live|up\b|install|submit|sufficien|deploy|monitor|generat|ready|current|exist|switch|in-place|register|point/,
  },
  {
    name: 'pages for search engines',
    subject: nouns`
      sitemaps?(?:\.xml)?, robots(?:\.txt)?,
      (?:meta|og|open graph|title|canonical|social) (?:tags?|descriptions?),
      (?:schema|structured data) markup, structured data, favicons?, canonical urls?,
      (?:404|500|error|custom error) pages?, broken links`,
  },
  {
    name: 'cache and queue',
    subject: nouns`
      redis(?: cluster| cache| connection| server| keys)?, memcached,
      (?:message |job |task |dead[ -]letter |email |work )?queues?,
      queue (?:depth|length|size|backlog|workers?|processing|lag|consumers?), backlogs?, kafka(?: topics?)?,
      topics, rabbitmq, nats(?: \w+)?, celery(?: workers?| beat)?, sidekiq, bullmq, dlq, consumer lag, lag,
      cach(?:e|es|ing)(?: layer| headers?| rules?| invalidation| settings| strategy| hit rates?| hit ratio| warming| warmed)?,
      cdn(?: cache| config\w*| settings| invalidation)?, static (?:assets|files), compression,
      gzip(?: compression)?, brotli, minification, background jobs?, scheduled (?:jobs|tasks),
      event (?:bus|stream), websockets?(?: connections?)?, socket connections`,
    not: /^strategy/,
  },
  {
    name: 'API responds',
    subject: nouns`
      apis?,
      (?:rest|graphql|grpc|api|public) (?:apis?|responses?|calls|requests|gateway|access|health|routes),
      graphql, api status, responses, status codes?, ^requests?, (?:http|api|excessive) requests?, routes`,
    states:
      /respond|return|work|reach|access|health|availab|operational|up\b|function|live|deploy|running|\d|match|secur|protect|rate|authent|succe|test|fail|use|pass|monitor|stable|tls|https|flow/,
    bare: false,
  },
  {
    name: 'uptime and throughput',
    subject: nouns`
      uptime, throughput, (?:system |application |service |platform |production )stability, availability, service availability, rps, qps, request (?:rate|volume|counts?), (?:invocation|request|connection|function)s?[ -](?:counts?|invocations?|volume),
      requests per second, downtime, concurrent (?:users|connections|requests),
      traffic (?:patterns?|volume|levels), outages?, queries/day, service interruptions?, slos?, slas?`,
    states:
      /\d|monitor|met\b|normal|within|stable|maintain|exceed|no\b|none|achiev|healthy|acceptable|set-up|configur|track|handled|visible|detect|verif|test/,
  },
  { name: 'no incidents', subject: nouns`incidents?`, states: begins`none\b`, bare: false },
  {
    name: 'load test',
    subject: nouns`
      (?:load|stress|performance|soak|capacity|spike|scalability|endurance|volume) tests?(?:ing)?,
      (?:load|stress|performance|soak) test results?, benchmarking`,
    not: /planned/,
  },
  {
    name: 'rate limits and headers',
    subject: nouns`
      rate[ -]?limit(?:s|ing|er)?(?: headers?| rules| middleware)?, throttling,
      brute[ -]force(?: protection)?, (?:security |http |response |csp |cache |cors )?headers?,
      cors(?: policy| policies| settings| origins?| config\w*| headers)?, csp, content security policy,
      csrf(?: protection| tokens?)?, xss protection, x-frame-options, helmet, request size limits?,
      (?:file )?upload limits?, timeouts, request timeouts?,
      ip (?:whitelist\w*|allow-?list\w*|restrictions?|blocking), bot protection, ddos protection, recaptcha`,
  },
  {
    name: 'data integrity',
    subject: nouns`
      data (?:integrity|consistency|loss|corruption|quality), integrity(?: checks?)?, referential integrity,
      orphan(?:ed)? (?:records|rows|nodes|\w+),
      (?:duplicate|missing|corrupted) (?:records|rows|data|entries|nodes|\w+), duplicates, checksums?, (?:sha|hash|binary)[ -]?(?:sums?|hashes|es|s)?, shas,
      data (?:validation|migration|replication|sync\w*), corruption`,
  },
  {
    name: 'disk',
    subject: nouns`
      disk(?: space| usage| i/o| utili[sz]ation| capacity)?,
      (?:free |disk |storage |available |sufficient )+(?:space|capacity),
      storage (?:space|usage|capacity|quota), file permissions, file ownership, directory permissions,
      directories, upload director(?:y|ies), log director(?:y|ies), symlinks?, file system,
      backups? directory`,
  },
  {
    name: 'smoke tests',
    subject: nouns`
      smoke[ -]?tests?(?:ing)?, sanity (?:checks?|tests?), synthetic (?:monitoring|tests?|checks?),
      (?:pre|post)[- ]?deploy(?:ment)? (?:tests?|checks?|verification|validation),
      (?:build|deployment|staging) verification, canary (?:analysis|metrics)`,
  },
]

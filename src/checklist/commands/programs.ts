// Names of programs that checklists run: how a word of running text, or a block without a language, is told from prose.

const PROGRAM =
  /^(?:npm|npx|yarn|pnpm|bunx?|node|deno|git|gh|glab|docker|docker-compose|podman|kubectl|kubectx|kustomize|oc|helm|argocd|flux|istioctl|curl|wget|https?|psql|pg_dump|pg_dumpall|pg_restore|pg_isready|createdb|dropdb|mysql|mysqldump|mysqladmin|mariadb|sqlite3|mongosh?|mongodump|mongorestore|redis-cli|rabbitmqctl|kafka-[\w-]+|python\d?(?:\.\d+)?|pip\d?|pipenv|pytest|poetry|uv|uvicorn|gunicorn|celery|alembic|flask|django-admin|go|cargo|rustc|make|cmake|mvn|mvnw|gradle|gradlew|java|dotnet|php|composer|artisan|ruby|bundle|rake|rails|terraform|tofu|pulumi|packer|vault|consul|nomad|ansible(?:-playbook)?|aws|eksctl|sam|cdk|gcloud|gsutil|bq|az|vercel|netlify|wrangler|fly|flyctl|heroku|railway|render|supabase|firebase|prisma|doctl|systemctl|journalctl|service|supervisorctl|sudo|su|ssh|scp|sftp|rsync|cp|mv|rm|mkdir|rmdir|touch|ln|chmod|chown|ls|cat|tail|head|less|more|grep|egrep|zgrep|rg|find|xargs|sed|awk|jq|yq|sort|uniq|wc|cut|tr|tee|diff|tar|gzip|gunzip|zip|unzip|df|du|free|top|htop|ps|kill|pkill|killall|uptime|dig|nslookup|host|ping|traceroute|nc|netstat|ss|lsof|ip|ifconfig|iptables|ufw|openssl|certbot|promtool|amtool|nginx|apachectl|caddy|haproxy|pm2|bash|sh|zsh|echo|printf|cd|export|source|set|eval|exec|env|date|sleep|test|true|watch|time|timeout|nohup|crontab|apt|apt-get|yum|dnf|apk|brew|snap|dpkg|rpm|npm-check|trivy|snyk|sonar-scanner|k6|artillery|ab|wrk|hey|locust|newman|lighthouse|turbo|nx|lerna|tsc|eslint|prettier|vitest|jest|playwright|cypress|mypy|ruff|black|flake8|pylint|bandit|sentry-cli|datadog-ci|skaffold|velero|trivy|cosign|skopeo|gpg|md5sum|sha256sum|id|whoami|which|hostname|uname|read|if|for|while|until|case|function|\[|\[\[|\.|:)$/
/** `./deploy.sh`, `scripts/x.py`, `/usr/bin/x`, `~/bin/x`; one word on its own is a name. */
const PATH =
  /^(?:~|\.{1,2})?\/[\w.@/+-]*\w$|^(?:scripts?|bin|tools?|ops|deploy|ci|hack)\/[\w./-]+$|^[\w./-]+\.(?:sh|bash)$/

/** Whether a word is the name of a program that is known here. */
export function isKnownProgram(word: string): boolean {
  return PROGRAM.test(word)
}

/** Whether the first word of a statement is a program or a path to one. */
export function isProgramOrPath(word: string): boolean {
  return PROGRAM.test(word) || PATH.test(word)
}

/** Whether a word could be a program in a block that is said to be shell: not prose, not a table's head, not JSON. */
export function couldBeProgram(word: string): boolean {
  if (isProgramOrPath(word)) return true
  if (!/^["']?[$~.]?\{?[\w./$~{}-]+$/.test(word)) return false
  return !/^[A-Z]/.test(word) && !/[:=]$/.test(word) && /[a-z]/.test(word) && !/^\d/.test(word)
}

// What the repository, continuous integration or the host itself can tell: side A of the cluster table.
import { begins, nouns, type Cluster } from './cluster.ts'

export const REPOSITORY: readonly Cluster[] = [
  {
    name: 'build succeeds',
    subject: nouns`images`,
    states: begins`built\b, pushed\b, published\b, tagged\b, pulled\b, scanned\b, signed\b`,
    bare: false,
  },
  {
    name: 'environment and configuration set',
    subject: nouns`
      env(?:ironment)?[ -]?(?:variables?|vars?|files?|configs?|configurations?|settings?|config\w*)?,
      (?:staging|production|prod|test|dev\w*|uat|qa|target) (?:environment|server|system|config\w*),
      \.env(?:\.\w+)?, configs?, configuration, config(?:uration)?s? files?, configurations?,
      (?:\w+ )settings, feature[ -]?(?:flags?|toggles?), ^flags?, parameter store, config-?maps?,
      (?:configuration|environment) parameters, (?:debug|production|strict|maintenance) mode, debug,
      time ?zones?, ntp,
      (?:npm|python|system|software|package|project|required|pip|runtime|all|missing)? ?dependencies,
      (?:npm|system|python|software) packages, virtual environment, crontabs?, cron ?(?:jobs?|schedules?),
      (?:base|app|site|callback|webhook|frontend|backend|api|support|database|production|redirect|localhost) ur[li]s?,
      middleware, (?:connection|memory|cpu|request|rate|size|upload) limit, (?:auto )?vacuum,
      cascade deletes, bundle identifier, admin email, systemd (?:units?|services?), variables, swap,
      source maps?, console\.logs?, console statements, syntax,
      (?:package|file|database|log|log file|payload|response) sizes?`,
  },
  {
    name: 'environment and configuration set',
    subject: nouns`[a-z0-9]+(?:_[a-z0-9]+)+`,
    states:
      /^(?:is|are|uses|points|matches|contains|includes?)\b|\b(?:set|configured|defined|generated|present|exported|rotated|provided|added)\b/,
    bare: false,
  },
  {
    name: 'tests pass',
    subject: nouns`
      tests?, test[ -]?suites?, test cases, specs, test coverage, code coverage, coverage,
      (?:unit|integration|e2e|end-to-end|regression|smoke|automated|api|contract|component|snapshot|sanity|functional) testing,
      lint(?:ing|er)?, eslint, prettier, code (?:style|formatting|quality), type[ -]?checks?,
      type[ -]?checking, type errors, typescript(?: errors| compilation)?, compilation(?: errors| warnings)?,
      compiler warnings, import errors, static analysis, type (?:hints|annotations), todos?, todo/fixme, fixmes?, sonar\w*, code scan\w*, valgrind`,
    not: /\b(?:planned|identified)\b/,
  },
  {
    name: 'build succeeds',
    subject: nouns`
      builds?, build (?:process|artifacts?|output|pipeline), production (?:build|bundle), bundles?,
      bundle size, artifacts?, (?:docker|container|base) images?, image tags?,
      (?:image|code|release|artifact|binary|package|commit) signatures?, binar(?:y|ies), dockerfiles?,
      helm charts?, ^charts, manifests?, (?:installation|release|npm|docker) package, openapi(?: spec\w*)?,
      swagger(?: spec)?, ansible, terraform(?: plan| state)?, iac, infrastructure as code, statefile,
      state files?`,
  },
  {
    name: 'repository and version',
    subject: nouns`
      branch(?:es)?, (?:git|release|version) tags?, tags?, git commits?, commits?, (?:git|commit) history, merge conflicts?,
      repositor(?:y|ies), repo, changelog(?:\.md)?, version(?: numbers?| bump)?, package version, versions,
      app version, uncommitted changes, working (?:tree|directory), git status, semver, pull requests?, prs?,
      code reviews?, peer reviews?, pr reviews?, code changes, source code, code`,
    states:
      /merg|tag|push|commit|bump|updat|creat|exist|clean|pass|approv|review|complet|done|clos|up-to-date|correct|match|rebas|lock|protect|increment|sync|clon|pull|work|ready|lint|format|compil|cut\b|build|deploy|version|none|\d/,
  },
  {
    name: 'tool versions',
    subject: nouns`
      node(?:\.?js)?, npm, python3?, docker(?:[ -]compose)?, kubectl, helm, java, jdk, go, php, ruby,
      composer, pm2, gunicorn, certbot, git, aws[ -]cli, cli, ffmpeg, software, packages, libraries,
      drivers?, tools, tooling, agents?, extensions?, runtime, compiler`,
    states: /install|version|updat|upgrad|running|configur|up-to-date|available|enabl|\d/,
    bare: false,
  },
  {
    name: 'vulnerabilities',
    subject: nouns`
      vulnerabilit(?:y|ies), cves?, security (?:scans?|scanning|issues|alerts|patches|updates),
      dependency (?:audit|scans?|scanning|check), vulnerability (?:scans?|scanning|assessment), npm audit,
      sast, dast, container scan\w*, image scan\w*, snyk, dependabot, pen(?:etration)?[ -]test findings,
      secrets? scan\w*, hardcoded (?:secrets|credentials|passwords|keys|api keys|values|urls?),
      hard-coded (?:secrets|credentials|passwords|keys|values), exposed secrets`,
  },
]

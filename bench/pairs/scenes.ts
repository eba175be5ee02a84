// Every target and router there is a scene of: one line each. The order is that of the table.
import { builtinProxy } from './routers/builtin-proxy.ts'
import { command as commandRouter } from './routers/command.ts'
import { haproxy } from './routers/haproxy.ts'
import { httpRoute } from './routers/http-route.ts'
import { ingressNginx } from './routers/ingress-nginx.ts'
import { nginxLua, nginxReload } from './routers/nginx.ts'
import { serviceSelector } from './routers/service-selector.ts'
import { command, commandInPlace } from './targets/command.ts'
import { compose, composeInPlace } from './targets/compose.ts'
import { helm, helmInPlace } from './targets/helm.ts'
import { kubernetes, kubernetesInPlace } from './targets/kubernetes.ts'
import { pm2, pm2InPlace } from './targets/pm2.ts'
import { processGroup } from './targets/process-group.ts'
import { staticSite } from './targets/static-site.ts'

export const targetScenes = [
  processGroup,
  pm2,
  pm2InPlace,
  command,
  commandInPlace,
  compose,
  composeInPlace,
  kubernetes,
  kubernetesInPlace,
  helm,
  helmInPlace,
  staticSite,
]

export const routerScenes = [
  builtinProxy,
  haproxy,
  nginxLua,
  nginxReload,
  serviceSelector,
  httpRoute,
  ingressNginx,
  commandRouter,
]

/** Kinds that cannot be had for real, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  systemd: 'a systemd of its own cannot be had in a container; its test has a stand-in for `systemctl`',
}

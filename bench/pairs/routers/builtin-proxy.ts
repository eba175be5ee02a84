import { localUrl, NOTHING_TO_START, type RouterScene } from '../scene.ts'

export const builtinProxy: RouterScene = {
  kind: 'builtin-proxy',
  label: 'builtin-proxy',
  needs: [],
  missing: () => null,
  options: ({ port }) => ({ listen: { port } }),
  url: localUrl,
  open: async () => NOTHING_TO_START,
}

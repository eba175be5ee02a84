import { layService, runningProcesses, SERVER_FILE } from '../service.ts'
import { localUrl, type TargetScene } from '../scene.ts'

export const processGroup: TargetScene = {
  kind: 'process-group',
  label: 'process-group',
  needs: [],
  missing: () => null,
  options: () => ({
    command: [process.execPath, SERVER_FILE],
    instances: 2,
    health: { intervalMs: 100 },
    stop: { graceMs: 1000 },
  }),
  async open(place) {
    layService(place.directory)
    return {
      env: {},
      url: localUrl(place),
      running: (version) => runningProcesses(place.directory, version),
      parts: [],
      stop: async () => {},
    }
  },
}

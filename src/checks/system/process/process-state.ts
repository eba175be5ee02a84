// What is known of a process that ought to run, whoever keeps it.
export interface ProcessState {
  /** How it is called: `process 4711`, `shop (pm2 id 0)`, `app.service`. */
  name: string
  isUp: boolean
  /** In the words of who keeps it: `online`, `active (running)`. */
  status: string
  /** Null where nobody counts. */
  restarts: number | null
  uptimeMs: number | null
  version: string | null
  /** Program and arguments; null where it cannot be seen. Not to be shown: arguments may hold secrets. */
  command: string | null
}

/** The processes; `down` where there are none, `untold` where that could not be found out. */
export type States = { processes: ProcessState[] } | { down: string } | { untold: string; remedy: string }

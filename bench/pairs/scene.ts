// What a kind of target or router brings to a pair: what stands in gonogo.yaml, what is started for it, how it is seen from outside.
import type { DockerEngine } from '../../test/servers/docker-engine.ts'
import type { Cluster } from './machine.ts'

/** Where one pair is tried. */
export interface Place {
  /** Of the project. */
  directory: string
  /** What is the pair's own is called by this, in a cluster, an engine, a daemon. */
  slug: string
  /** Where clients reach it, unless it is in a cluster. */
  port: number
  /** Null where none of the pair needs it. */
  cluster: Cluster | null
  docker: DockerEngine | null
}

export type Need = 'cluster' | 'docker'

interface Scene {
  /** As the catalogue of kinds calls it. */
  kind: string
  /** In the table. */
  label: string
  needs: readonly Need[]
  /** Why it cannot be had on this machine, after what is missing was installed where that can be; null where it can. */
  missing(): string | null
  /** Under the kind in gonogo.yaml. Asked without a place that is laid out too, for what the kind can. */
  options(place: Place): Record<string, unknown>
}

export interface TargetScene extends Scene {
  open(place: Place): Promise<OpenTarget>
}

export interface OpenTarget {
  /** Added to the environment of gonogo. */
  env: Record<string, string>
  /** Where clients reach what is exchanged in place. */
  url: string
  /** How many instances of a version there are, seen without gonogo. */
  running(version: string): number
  /** What it was tried with, as `pm2 7.0.4`; nothing of what comes with gonogo. */
  parts: readonly string[]
  stop(): Promise<void>
}

export interface RouterScene extends Scene {
  url(place: Place): string
  open(place: Place): Promise<OpenRouter>
}

export interface OpenRouter {
  env: Record<string, string>
  parts: readonly string[]
  stop(): Promise<void>
}

/** Versions of a pair, in the order they are released; what is faulty answers 500 though its health is good. */
export const VERSIONS = ['v1', 'v2', 'v3-faulty', 'v4'] as const

/** A router that gonogo starts and stops by itself. */
export const NOTHING_TO_START: OpenRouter = { env: {}, parts: [], stop: async () => {} }

/** `http://127.0.0.1:PORT/`. */
export function localUrl({ port }: Place): string {
  return `http://127.0.0.1:${port}/`
}

// Every kind of graph database: one line a kind.
import { neo4j } from '../databases/neo4j.ts'

export const graphs = [neo4j] as const

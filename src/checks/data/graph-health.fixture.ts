// Sentences that say clearly that Neo4j is there, and sentences that do not.
export const RECOGNISED = {
  clear: [
    'Neo4j is reachable at bolt://graph.internal:7687',
    { label: 'Graph', text: 'Neo4j service availability' },
    'Neo4j database is up and answers',
  ],
  unclear: [
    'Neo4j at bolt://your-graph:7687 is reachable',
    'Neo4j is not reachable from the internet',
    'Install Neo4j',
    'Alert when Neo4j is running out of heap',
    'Graph database is running',
  ],
}

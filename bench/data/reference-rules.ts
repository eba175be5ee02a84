// The eight rules of the reference database.
import type { ScanRule } from '../../src/databases/page-scan.ts'
import type { Planted } from './dataset.ts'

export const REFERENCE_RULES: Record<keyof Planted, ScanRule> = {
  'source-exists': {
    type: 'reference',
    table: 'relationships',
    column: 'source_id',
    parent: 'entities',
    nulls: 'violate',
  },
  'target-exists': {
    type: 'reference',
    table: 'relationships',
    column: 'target_id',
    parent: 'entities',
    nulls: 'violate',
  },
  'evidence-has-relationship': {
    type: 'reference',
    table: 'evidence',
    column: 'relationship_id',
    parent: 'relationships',
    nulls: 'violate',
  },
  'confidence-in-range': {
    type: 'value',
    table: 'relationships',
    column: 'confidence',
    test: { type: 'range', min: 0, max: 1 },
    nulls: 'violate',
  },
  'weight-in-range': {
    type: 'value',
    table: 'evidence',
    column: 'weight',
    test: { type: 'range', min: 0, max: 1 },
    nulls: 'violate',
  },
  'relationship-has-evidence': {
    type: 'requires-child',
    table: 'relationships',
    child: 'evidence',
    childColumn: 'relationship_id',
  },
  'confidence-is-noisy-or': {
    type: 'aggregate',
    table: 'relationships',
    column: 'confidence',
    child: 'evidence',
    childColumn: 'relationship_id',
    childValue: 'weight',
    aggregate: 'noisy-or',
    tolerance: 0.05,
    childless: 'ignore',
  },
  'semantic-id-is-unique': { type: 'duplicates', table: 'relationships', column: 'semantic_id' },
}

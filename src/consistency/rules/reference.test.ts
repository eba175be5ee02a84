import { ruleContract } from '../../../test/contracts/rule-contract.ts'
import { databaseOf } from '../database.fixture.ts'

ruleContract('reference', databaseOf)

// Every kind of fix.
import { deleteRows } from '../consistency/fix/kinds/delete.ts'
import { insertMissing } from '../consistency/fix/kinds/insert-missing.ts'
import { mergeDuplicates } from '../consistency/fix/kinds/merge-duplicates.ts'
import { setFromAggregate } from '../consistency/fix/kinds/set-from-aggregate.ts'
import { setValue } from '../consistency/fix/kinds/set.ts'
import { sqlStatement } from '../consistency/fix/kinds/sql.ts'

export const fixes = [deleteRows, setValue, setFromAggregate, mergeDuplicates, insertMissing, sqlStatement] as const

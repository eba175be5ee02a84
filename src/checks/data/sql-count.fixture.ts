// Sentences that say clearly what is to be counted, and sentences that do not.
import { stepOf } from '../../../test/contracts/check-contract.ts'

const asked = (text: string) => ({ text, commands: [stepOf(/`(.+)`/.exec(text)?.[1] ?? '')] })

export const RECOGNISED = {
  clear: [
    asked(
      'No order is without a buyer: `sqlite3 data/app.db "SELECT count(*) FROM orders WHERE buyer IS NULL"` returns 0',
    ),
    asked('`psql "$DATABASE_URL" -c "SELECT count(*) FROM plans"` is 3'),
    asked('Roles are seeded (`psql $DATABASE_URL -tAc "SELECT COUNT(id) FROM roles"`), expected: 4'),
  ],
  unclear: [
    asked('`sqlite3 data/app.db "SELECT count(*) FROM orders"` answers'),
    asked('`sqlite3 data/app.db "DELETE FROM orders"` returns 0'),
    asked('`psql "$DATABASE_URL" -c "SELECT count(*) FROM plans"` is within 5%'),
    'There are 0 orders without a buyer',
  ],
}

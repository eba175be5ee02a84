// Every router there is: one line a kind.
import { builtinProxy } from '../routers/builtin-proxy.ts'

export const routers = [builtinProxy] as const

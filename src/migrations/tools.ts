// The migration tools there are.
import { alembic } from './alembic.ts'
import { flyway } from './flyway.ts'
import { knex } from './knex.ts'
import { prisma } from './prisma.ts'
import { sqlFolder } from './sql-folder.ts'
import type { MigrationTool, ToolId } from './tool.ts'

const tools: Record<ToolId, MigrationTool> = { prisma, knex, alembic, flyway, 'sql-folder': sqlFolder }

/** The tool with this id. */
export function toolOf(id: ToolId): MigrationTool {
  return tools[id]
}

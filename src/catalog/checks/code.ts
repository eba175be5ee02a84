// Checks of the repository: one line a kind.
import { changelogEntry } from '../../checks/code/changelog-entry.ts'
import { composeFile } from '../../checks/code/compose-file.ts'
import { coverage } from '../../checks/code/coverage.ts'
import { dependencyAudit } from '../../checks/code/dependency-audit.ts'
import { dockerfile } from '../../checks/code/dockerfile.ts'
import { docsCurrent } from '../../checks/code/docs-current.ts'
import { envFile } from '../../checks/code/env-file.ts'
import { gitState } from '../../checks/code/git-state.ts'
import { gitTag } from '../../checks/code/git-tag.ts'
import { hardCodedCredentials } from '../../checks/code/hard-coded-credentials.ts'
import { licences } from '../../checks/code/licences.ts'
import { openapi } from '../../checks/code/openapi.ts'
import { projectScript } from '../../checks/code/project-script.ts'
import { sarifGate } from '../../checks/code/sarif-gate.ts'
import { secretsInRepo } from '../../checks/code/secrets-in-repo.ts'
import { strongSecret } from '../../checks/code/strong-secret.ts'
import { testReport } from '../../checks/code/test-report.ts'
import { testsCurrent } from '../../checks/code/tests-current.ts'

export const code = [
  gitState,
  gitTag,
  testsCurrent,
  changelogEntry,
  docsCurrent,
  projectScript,
  testReport,
  coverage,
  dependencyAudit,
  sarifGate,
  secretsInRepo,
  licences,
  composeFile,
  dockerfile,
  envFile,
  hardCodedCredentials,
  openapi,
  strongSecret,
] as const

// Checks of the repository: one line a kind.

export const code = {
  'git-state': async () => (await import('../../checks/code/git-state.ts')).gitState,
  'git-tag': async () => (await import('../../checks/code/git-tag.ts')).gitTag,
  'tests-current': async () => (await import('../../checks/code/tests-current.ts')).testsCurrent,
  'changelog-entry': async () => (await import('../../checks/code/changelog-entry.ts')).changelogEntry,
  'docs-current': async () => (await import('../../checks/code/docs-current.ts')).docsCurrent,
  'project-script': async () => (await import('../../checks/code/project-script.ts')).projectScript,
  'test-report': async () => (await import('../../checks/code/test-report.ts')).testReport,
  coverage: async () => (await import('../../checks/code/coverage.ts')).coverage,
  'dependency-audit': async () => (await import('../../checks/code/dependency-audit.ts')).dependencyAudit,
  'sarif-gate': async () => (await import('../../checks/code/sarif-gate.ts')).sarifGate,
  'secrets-in-repo': async () => (await import('../../checks/code/secrets-in-repo.ts')).secretsInRepo,
  licences: async () => (await import('../../checks/code/licences.ts')).licences,
  'compose-file': async () => (await import('../../checks/code/compose-file.ts')).composeFile,
  dockerfile: async () => (await import('../../checks/code/dockerfile.ts')).dockerfile,
  'env-file': async () => (await import('../../checks/code/env-file.ts')).envFile,
  'hard-coded-credentials': async () =>
    (await import('../../checks/code/hard-coded-credentials.ts')).hardCodedCredentials,
  openapi: async () => (await import('../../checks/code/openapi.ts')).openapi,
  'strong-secret': async () => (await import('../../checks/code/strong-secret.ts')).strongSecret,
}

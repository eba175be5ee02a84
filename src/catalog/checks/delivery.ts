// Checks of code hosting, published content and status pages: one line a kind.

export const delivery = {
  'github-checks': async () => (await import('../../checks/delivery/github-checks.ts')).githubChecks,
  'github-pull-requests': async () =>
    (await import('../../checks/delivery/github-pull-requests.ts')).githubPullRequests,
  'github-release': async () => (await import('../../checks/delivery/github-release.ts')).githubRelease,
  'github-deployment': async () => (await import('../../checks/delivery/github-deployment.ts')).githubDeployment,
  'gitlab-pipeline': async () => (await import('../../checks/delivery/gitlab-pipeline.ts')).gitlabPipeline,
  'gitlab-merge-requests': async () =>
    (await import('../../checks/delivery/gitlab-merge-requests.ts')).gitlabMergeRequests,
  'gitlab-release': async () => (await import('../../checks/delivery/gitlab-release.ts')).gitlabRelease,
  'static-site': async () => (await import('../../checks/delivery/static-site.ts')).staticSite,
  'cdn-invalidation': async () => (await import('../../checks/delivery/cdn-invalidation.ts')).cdnInvalidation,
  'status-page': async () => (await import('../../checks/delivery/status-page.ts')).statusPage,
}

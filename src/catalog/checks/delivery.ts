// Checks of code hosting, published content and status pages: one line a kind.
import { cdnInvalidation } from '../../checks/delivery/cdn-invalidation.ts'
import { githubChecks } from '../../checks/delivery/github-checks.ts'
import { githubDeployment } from '../../checks/delivery/github-deployment.ts'
import { githubPullRequests } from '../../checks/delivery/github-pull-requests.ts'
import { githubRelease } from '../../checks/delivery/github-release.ts'
import { gitlabMergeRequests } from '../../checks/delivery/gitlab-merge-requests.ts'
import { gitlabPipeline } from '../../checks/delivery/gitlab-pipeline.ts'
import { gitlabRelease } from '../../checks/delivery/gitlab-release.ts'
import { staticSite } from '../../checks/delivery/static-site.ts'
import { statusPage } from '../../checks/delivery/status-page.ts'

export const delivery = [
  githubChecks,
  githubPullRequests,
  githubRelease,
  githubDeployment,
  gitlabPipeline,
  gitlabMergeRequests,
  gitlabRelease,
  staticSite,
  cdnInvalidation,
  statusPage,
] as const

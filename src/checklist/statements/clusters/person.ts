// What only people can answer for: side H of the cluster table. A probe can see that a document exists, not that it is right.
import { ClusterIndex } from './cluster-index.ts'
import { nouns } from './cluster.ts'

/** What runs or is measured is no paper and no opinion: "Behavioural analysis running", "RTO < 5 minutes". */
const RUNNING =
  /^(?:(?:is|are|now|still|successfully) )*(?:running|deployed|installed|online|healthy|passing|enabled|responding|active)\b|[<>≤≥=]\s*\d/
/** "Security audit clean": of a scan. */
const RUNNING_OR_CLEAN = new RegExp(String.raw`${RUNNING.source}|^clean\b`)
/** "Retry strategy implemented", "Recovery plan tested": more than paper. */
const BUILT_IN = /^(?:met|tested|verified|validated|implemented|enabled|configured|enforced|applied)\b|[<>≤≥=]\s*\d/

export const PERSON = new ClusterIndex([
  {
    name: 'documents current',
    subject: nouns`
      documentation, docs?,
      (?:design|api|release|requirements|policy|handover|architecture|project) documents?, runbooks?,
      run books?, playbooks?, guides?, readme(?:\.md)?, manuals?, faqs?(?: page)?, wiki, release notes,
      notes, [\w-]+\.(?:md|pdf|docx?), diagrams?, tutorials?, checklists?, help (?:pages?|center|articles?),
      knowledge base, instructions, articles?, blog posts?, reports?, specifications?, templates?,
      links to docs, openapi docs, post-?mortems?, lessons(?: learned)?, learnings, findings, known issues,
      architecture, decisions?, design, assumptions, inventory, comments`,
    not: RUNNING,
  },
  {
    name: 'plans and procedures agreed',
    subject: nouns`
      plans?, planning, procedures?,
      (?:approval |support |release |review |change |business |escalation |incident |deployment |rollback |onboarding |change management |incident management )?process,
      approval workflows?, polic(?:y|ies), strateg(?:y|ies), timelines?,
      (?:deployment |release |communication |training |on-call |rotation )?schedules?,
      (?:deployment |release |change |maintenance )windows?, roadmap, responsibilit(?:y|ies), ownership,
      roles?, requirements, scope, criteria, thresholds, slas?, slos?, rtos?, rpos?, priorit(?:y|ies),
      goals?, objectives?, kpis, success metrics, expectations, approach, contingenc(?:y|ies), next steps,
      rotations?, action items?, maintenance, agenda, incident response, incident management, response plan,
      service level \w+, code freeze, change freeze, feature freeze, release date, governance,
      best practices, ^implementation, ^development, ^project, code comments, technology stack, security model`,
    not: BUILT_IN,
  },
  {
    name: 'people informed or ready',
    subject: nouns`
      teams?, stakeholders?, customers?, clients?, users, engineers?, developers?, dba, qa, staff, members?,
      managers?, ^(?:senior |upper )?management, leadership, executives?, personnel, operators?, admins,
      (?:database|system|network|cloud|site|on-call) admin, administrators?,
      reviewers?, approvers?, experts?, testers?, vendors?, partners?, support, owners?, leads?, everyone,
      people, participants, contacts?, contact (?:info\w*|list|details|numbers), on-call(?: \w+)?,
      ^communications?, (?:internal|external|customer|user|stakeholder|team|crisis) communications?, announcements?, notifications? sent, communication channels?,
      (?:slack |communication |feedback |support )channels?, messages?, newsletter, press release,
      social media(?: posts?)?, messaging, status updates?, war room, bridge,
      escalation(?: paths?| contacts?| matrix| list)?, handoff, handover, knowledge transfer, trainings?,
      training (?:materials?|sessions?|completed), briefings?, meetings?, stand-?ups?, calls?, calendar,
      support (?:team|staff|tickets?|channels?|contacts?|coverage|desk|readiness), help ?desk,
      marketing(?: team)?, ^sales, ^business, ^product, legal, ^finance, ^hr, security team, ^(?:it )?operations`,
    // What users can do is a function of the product.
    not: /^(?:can|could|may|must|should|are able|is able|see|sees|receive|receives|get|gets)\b/,
  },
  {
    name: 'approved and signed',
    subject: nouns`
      approvals?, sign-?offs?, signatures?, authori[sz]ations? form, agreements?, contracts?, consents?,
      go/no-go, go-live decision, permission from .*, acceptance, (?:user )?acceptance test(?:s|ing)?, uat,
      acceptance criteria, change requests?, tickets?, cab, budgets?, costs?, pricing,
      purchase orders?, insurance`,
  },
  {
    name: 'compliance and law',
    subject: nouns`
      compliance(?: requirements| checks?| review| audit)?,
      (?:gdpr|hipaa|soc ?2|pci(?:[ -]dss)?|iso ?27001|ccpa|lgpd|coppa|wcag|accessibility)(?: \w+)?(?: \w+)?,
      privacy(?: policy| review| notice| assessment| impact assessment)?,
      terms(?: of service| of use| and conditions)?, legal (?:review|requirements|issues|disclaimers?),
      licen[cs]es?, licensing, regulations?, regulatory requirements,
      data (?:retention|classification|processing agreement|protection)(?: \w+)?,
      cookie (?:policy|consent|banner), audit requirements, disclosures?, imprint`,
  },
  {
    name: 'judgement of people',
    subject: nouns`
      feedback, surveys?, satisfaction, experience, ux, nps, adoption(?: rate)?, engagement, complaints?,
      reviews?, retrospectives?, retros?, assessments?, evaluations?, analysis, root causes?,
      impact(?: assessment| analysis)?, risks?, risk (?:assessment|analysis|mitigation), readiness,
      confidence, trade-?offs?, usability(?: testing)?, manual test(?:s|ing), exploratory testing,
      beta test(?:s|ers|ing)?, user test(?:s|ing), look and feel, copy, content, branding, typos,
      screenshots?, opportunit(?:y|ies), improvements?, concerns, security audits?, pen(?:etration)?[ -]?tests?(?:ing)?,
      (?:open |outstanding )questions?, recommendations?, feature requests,
      business (?:impact|value|requirements|logic), user (?:feedback|behavior|stories|reports?),
      support (?:tickets?|requests|volume), demo, walkthrough, security (?:design )?review,
      architecture review, design review`,
    not: RUNNING_OR_CLEAN,
  },
])

/** Said of anything, these are for a person: nobody else knows whether it happened in earnest. */
export const PERSON_STATES: readonly { name: string; states: RegExp }[] = [
  {
    name: 'people informed or ready',
    states:
      /\b(?:communicated|announced|informed|notified|briefed|trained|understood|understands?|acknowledged|aware|familiar|discussed|standing by|on-call|told|shared with|(?:sent|distributed|provided) to (?:all )?(?:the )?(?:team|users|customers|stakeholders|support))\b/,
  },
  { name: 'documents current', states: /\b(?:documented|written down|recorded in|listed in|described)\b/ },
  {
    name: 'approved and signed',
    states: /\b(?:approved|approves|signed-off|agreed|accepted|authorized by|budgeted|negotiated|sign off)\b/,
  },
  {
    name: 'plans and procedures agreed',
    states:
      /\b(?:planned|assigned|identified|decided|prioriti[sz]ed|estimated|considered|clarified|agreed-upon|outlined)\b/,
  },
  {
    name: 'judgement of people',
    states:
      /\b(?:user-friendly|intuitive|reasonable|satisf\w+|reviewed|assessed|evaluated|looks? (?:good|right|ok|fine|correct)|visually|manually|as (?:designed|desired)|makes? sense|justified|happy|investigated|triaged|comfortable|confident)\b/,
  },
]

/** Named as the addressee of an item: "**Lead Developer**: ...". */
export const ROLE =
  /(?:^|\s)(?:lead|developer|engineer|manager|owner|officer|director|cto|ceo|dba|architect|analyst|coordinator|reviewer|contact|team)s?$/

// Coverage in XML: Cobertura, Clover, JaCoCo.
import { Unreadable } from '../report-file.ts'
import { descendants, figure, parseXml, type XmlElement } from '../xml.ts'
import { addFigures, figuresOf, share, type Coverage, type Figures, type Share } from './figures.ts'

/** @throws Unreadable where it is none of them. */
export async function readCoverageXml(path: string, text: string): Promise<Coverage> {
  const root = await parseXml(path, text)
  if (root.name === 'coverage' && (root.attributes['line-rate'] !== undefined || descendants(root, 'class').length > 0))
    return cobertura(root)
  if (root.name === 'coverage' && descendants(root, 'metrics').length > 0) return clover(root)
  if (root.name === 'report' && root.children.some(({ name }) => name === 'counter' || name === 'package'))
    return jacoco(root)
  throw new Unreadable(`${path} is neither Cobertura's XML nor Clover's nor JaCoCo's`)
}

/** Lines are counted by file: classes of one file may share them. */
function cobertura(root: XmlElement): Coverage {
  const lines = new Map<string, Map<string, boolean>>()
  const branches = new Map<string, Map<string, Share>>()
  const functions = new Map<string, Share>()
  for (const element of descendants(root, 'class')) {
    const file = element.attributes['filename'] ?? element.attributes['name'] ?? ''
    const [ofFile, conditions] = [
      lines.get(file) ?? new Map<string, boolean>(),
      branches.get(file) ?? new Map<string, Share>(),
    ]
    lines.set(file, ofFile)
    branches.set(file, conditions)
    const methods = element.children.filter(({ name }) => name === 'methods').flatMap(({ children }) => children)
    for (const line of descendants(element, 'line')) {
      const number = line.attributes['number'] ?? ''
      ofFile.set(number, (ofFile.get(number) ?? false) || (figure(line, 'hits') ?? 0) > 0)
      const [, covered, total] = /\((\d+)\/(\d+)\)/.exec(line.attributes['condition-coverage'] ?? '') ?? []
      const condition = total === undefined ? undefined : share(Number(covered), Number(total))
      if (condition) conditions.set(number, condition)
    }
    const hit = methods.filter((method) =>
      descendants(method, 'line').some((line) => (figure(line, 'hits') ?? 0) > 0),
    ).length
    const known = functions.get(file) ?? { covered: 0, total: 0 }
    functions.set(file, { covered: known.covered + hit, total: known.total + methods.length })
  }
  const files = [...lines].map(([path, hits]) => ({
    path,
    figures: figuresOf({
      lines: { covered: [...hits.values()].filter(Boolean).length, total: hits.size },
      branches: addFigures([...(branches.get(path)?.values() ?? [])].map((branch) => ({ branches: branch }))).branches,
      functions: functions.get(path),
      statements: undefined,
    }),
  }))
  const counted = addFigures(files.map(({ figures }) => figures))
  const claimed = (covered: string, valid: string): Share | undefined =>
    share(figure(root, covered), figure(root, valid))
  const total: Figures = figuresOf({
    lines: counted.lines ?? claimed('lines-covered', 'lines-valid'),
    branches: counted.branches ?? claimed('branches-covered', 'branches-valid'),
    functions: counted.functions,
    statements: undefined,
  })
  return { total, files }
}

function clover(root: XmlElement): Coverage {
  const files = descendants(root, 'file').map((file) => {
    const metrics = file.children.find(({ name }) => name === 'metrics')
    return {
      path: file.attributes['path'] ?? file.attributes['name'] ?? '',
      figures: { ...(metrics ? cloverFigures(metrics) : {}), ...cloverLines(file) },
    }
  })
  const project = root.children.find(({ name }) => name === 'project')?.children.find(({ name }) => name === 'metrics')
  const counted = addFigures(files.map(({ figures }) => figures))
  return { total: { ...counted, ...(project ? cloverFigures(project) : {}) }, files }
}

function cloverFigures(metrics: XmlElement): Figures {
  return figuresOf({
    lines: undefined,
    statements: share(figure(metrics, 'coveredstatements'), figure(metrics, 'statements')),
    branches: share(figure(metrics, 'coveredconditionals'), figure(metrics, 'conditionals')),
    functions: share(figure(metrics, 'coveredmethods'), figure(metrics, 'methods')),
  })
}

function cloverLines(file: XmlElement): Figures {
  const lines = new Map<string, boolean>()
  for (const line of descendants(file, 'line')) {
    const number = line.attributes['num'] ?? ''
    lines.set(number, (lines.get(number) ?? false) || (figure(line, 'count') ?? 0) > 0)
  }
  return lines.size === 0 ? {} : { lines: { covered: [...lines.values()].filter(Boolean).length, total: lines.size } }
}

const JACOCO = { lines: 'LINE', branches: 'BRANCH', functions: 'METHOD', statements: 'INSTRUCTION' } as const

function jacoco(root: XmlElement): Coverage {
  const files = descendants(root, 'package').flatMap((folder) =>
    folder.children
      .filter(({ name }) => name === 'sourcefile')
      .map((file) => ({
        path: `${folder.attributes['name'] ?? ''}/${file.attributes['name'] ?? ''}`,
        figures: counters(file),
      })),
  )
  return { total: { ...addFigures(files.map(({ figures }) => figures)), ...counters(root) }, files }
}

function counters(element: XmlElement): Figures {
  const of = (type: string): Share | undefined => {
    const counter = element.children.find(({ name, attributes }) => name === 'counter' && attributes['type'] === type)
    const [missed, covered] = counter ? [figure(counter, 'missed'), figure(counter, 'covered')] : [null, null]
    return missed === null || covered === null ? undefined : { covered, total: covered + missed }
  }
  return figuresOf({
    lines: of(JACOCO.lines),
    branches: of(JACOCO.branches),
    functions: of(JACOCO.functions),
    statements: of(JACOCO.statements),
  })
}

// A real Neo4j for services suites: the community edition in a Java process of its own, from Maven, ended by closing its input.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const VERSION = '5.26.0'

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>gonogo</groupId><artifactId>neo4j-for-tests</artifactId><version>1</version>
<dependencies><dependency><groupId>org.neo4j.test</groupId><artifactId>neo4j-harness</artifactId><version>${VERSION}</version></dependency></dependencies>
</project>
`

const SERVER = `import java.nio.file.Path;
import org.neo4j.harness.Neo4j;
import org.neo4j.harness.Neo4jBuilders;

/** Runs Neo4j until standard input ends; prints its Bolt address. */
public class Server {
  public static void main(String[] arguments) throws Exception {
    try (Neo4j server = Neo4jBuilders.newInProcessBuilder(Path.of(arguments[0])).withDisabledServer().build()) {
      System.out.println("listening on " + server.boltURI());
      while (System.in.read() != -1) {}
    }
  }
}
`

export interface Neo4jServer {
  url: string
  stop(): Promise<void>
}

/** The folder with Neo4j's libraries, kept between runs; null where Java or Maven is missing or Maven cannot get them. */
export function installNeo4j(): string | null {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gonogo-tests')
  const libraries = join(cache, `neo4j-${VERSION}`)
  if (spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0) return null
  if (existsSync(libraries)) return libraries
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, 'neo4j-'))
  try {
    writeFileSync(join(work, 'pom.xml'), POM)
    const copy = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libraries', '-DincludeScope=runtime']
    const copied = spawnSync('mvn', copy, { cwd: work, stdio: 'ignore', timeout: 240_000 })
    if (copied.status !== 0) return null
    // Whole or not at all, also when two runs do it at once.
    if (!existsSync(libraries)) renameSync(join(work, 'libraries'), libraries)
    return libraries
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Starts a server without login on a port of its own. */
export async function startNeo4j(libraries: string): Promise<Neo4jServer> {
  const root = mkdtempSync(join(tmpdir(), 'gonogo-neo4j-'))
  const program = join(root, 'Server.java')
  writeFileSync(program, SERVER)
  const server = spawn('java', ['-Xmx512m', '-cp', `${libraries}/*`, program, join(root, 'data')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  process.once('exit', () => server.kill('SIGKILL'))
  let said = ''
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-4000)
      const address = /listening on (bolt:\/\/[^/\s]+)/.exec(said)?.[1]
      if (address) resolve(address)
    }
    server.stdout.on('data', hear)
    server.stderr.on('data', hear)
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`neo4j did not start (exit code ${code}): ${said}`)))
  })
  return {
    url,
    async stop() {
      const gone = once(server, 'exit')
      server.stdin.end()
      if (server.exitCode === null && server.signalCode === null) await gone
      rmSync(root, { recursive: true, force: true })
    },
  }
}

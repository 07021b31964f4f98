import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { installOnBuildServers } from './debian.js';

const SBIN = '/usr/sbin';

/**
 * Whether Slurm can be started here, which takes its programs and root. On a build server (`CI=true`, as root) missing
 * programs are installed from Debian's packages, and a failure to do so fails the test; elsewhere it says loudly what it
 * skips.
 */
export function hasSlurm(t: ExecutionContext): boolean {
  if (installed() && process.getuid?.() === 0) return true;
  if (process.env['CI'] !== 'true') {
    const why = installed() ? 'it wants root' : 'it is not installed: apt-get install slurm-wlm munge';
    console.error(`SKIPPED: no Slurm can be started, so "${t.title}" was not tried; ${why}`);
    t.log(`SKIPPED: no Slurm; ${why}`);
    t.pass();
    return false;
  }
  installOnBuildServers('slurm-wlm', 'munge');
  if (!installed() || process.getuid?.() !== 0)
    throw new Error('Slurm is missing; with CI=true it must be there, or be installable by root from Debian');
  return true;
}

function installed(): boolean {
  const daemons = ['munged', 'slurmctld', 'slurmd'].every((name) => existsSync(join(SBIN, name)));
  return daemons && ['sbatch', 'scontrol'].every((name) => existsSync(join('/usr/bin', name)));
}

/** A cluster of one machine on loopback: munged, slurmctld and slurmd with a folder and ports of their own. */
export class SlurmCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'astral-slurm-'));
  readonly #daemons: ChildProcess[] = [];

  /** Environment in which Slurm's programs speak to this cluster. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, SLURM_CONF: join(this.#folder, 'slurm.conf') };
  }

  /** Starts the daemons; they end with the test. Answers once the machine takes jobs. */
  static async start(t: ExecutionContext): Promise<SlurmCluster> {
    const cluster = new SlurmCluster();
    t.teardown(() => cluster.#stop());
    chmodSync(cluster.#folder, 0o755);
    await cluster.#configure();
    const at = (name: string): string => join(cluster.#folder, name);
    writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o400 });
    const files = ['key', 'socket', 'pid', 'log', 'seed'].map(
      (kind) => `--${kind === 'socket' ? kind : `${kind}-file`}=${at(`munge.${kind}`)}`,
    );
    cluster.#daemon('munged', '--foreground', '--force', '--num-threads=2', ...files);
    await cluster.#until(() => existsSync(at('munge.socket')), 'munged');
    cluster.#daemon('slurmctld', '-D', '-f', at('slurm.conf'));
    cluster.#daemon('slurmd', '-D', '-N', 'localhost', '-f', at('slurm.conf'));
    await cluster.#until(
      () => /^(idle|mix)/.test(cluster.run('sinfo', '--noheader', '--format=%t').stdout),
      'slurmctld and slurmd',
    );
    return cluster;
  }

  run(program: string, ...parameters: string[]): SpawnSyncReturns<string> {
    return spawnSync(program, parameters, { env: this.env, encoding: 'utf8' });
  }

  /** What the daemons wrote, for a failure that nobody expected. */
  log(): string {
    const names = ['munged', 'slurmctld', 'slurmd'].map((name) => join(this.#folder, `${name}.out`));
    return names.map((name) => (existsSync(name) ? readFileSync(name, 'utf8').slice(-4000) : '')).join('\n');
  }

  async #configure(): Promise<void> {
    const [control, node] = [await freePort(), await freePort()];
    for (const name of ['state', 'spool']) mkdirSync(join(this.#folder, name));
    const settings = {
      ClusterName: 'astral',
      SlurmctldHost: 'localhost',
      SlurmctldPort: control,
      SlurmdPort: node,
      SlurmUser: 'root',
      AuthType: 'auth/munge',
      // A requeued job waits until its former credential has expired.
      AuthInfo: `socket=${join(this.#folder, 'munge.socket')},cred_expire=5`,
      CryptoType: 'crypto/munge',
      StateSaveLocation: join(this.#folder, 'state'),
      SlurmdSpoolDir: join(this.#folder, 'spool'),
      SlurmctldPidFile: join(this.#folder, 'slurmctld.pid'),
      SlurmdPidFile: join(this.#folder, 'slurmd.pid'),
      ProctrackType: 'proctrack/linuxproc',
      TaskPlugin: 'task/none',
      SelectType: 'select/cons_tres',
      SelectTypeParameters: 'CR_CPU',
      AccountingStorageType: 'accounting_storage/none',
      JobAcctGatherType: 'jobacct_gather/none',
      MpiDefault: 'none',
      SchedulerParameters: 'sched_interval=1,sched_min_interval=0',
      ReturnToService: 2,
      KillWait: 2,
      MinJobAge: 300,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    lines.push('NodeName=localhost CPUs=2 State=UNKNOWN', 'PartitionName=all Nodes=localhost Default=YES State=UP');
    writeFileSync(join(this.#folder, 'slurm.conf'), `${lines.join('\n')}\n`);
  }

  #daemon(name: string, ...parameters: string[]): void {
    const out = openSync(join(this.#folder, `${name}.out`), 'w');
    this.#daemons.push(spawn(join(SBIN, name), parameters, { env: this.env, stdio: ['ignore', out, out] }));
  }

  async #until(ready: () => boolean, what: string): Promise<void> {
    for (const end = Date.now() + 60_000; !ready(); await sleep(200)) {
      if (Date.now() > end) throw new Error(`${what} did not start:\n${this.log()}`);
    }
  }

  async #stop(): Promise<void> {
    for (const daemon of this.#daemons.toReversed()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const gone = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      if ((await Promise.race([gone, sleep(10_000, null, { ref: false })])) === null) daemon.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

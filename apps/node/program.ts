import { Option, type Command } from 'commander';
import { EXIT, UsageError } from '../exit-codes.js';
import { firstSignal, runServer, type Call } from '../program.js';
import { restartDaemon, startDaemon, stopDaemon, tellParent } from './daemon.js';
import { startNode, type LiveNode } from './live-node.js';
import { NODE_SETTINGS, folderOf, optionsOf } from './settings.js';

const EXAMPLES = `
Examples:
  astralnode --directory http://127.0.0.1:4567
      watch what others publish, on the page whose address is printed
  astralnode -u stage --directory http://127.0.0.1:4567 --sample "Test picture"
      publish the bundled sample as an endless live stream
  astralnode -u b --bootstrap 192.0.2.7:8001 --watch STREAM
      join through one known peer, without a directory; STREAM is the id that
      astralctl prints
  astralnode -D start -u stage --directory http://127.0.0.1:4567
      the same in the background; -D stop -u stage ends it

Each node on a machine needs a profile of its own (-u).`;

const ACTIONS = ['start', 'stop', 'restart'] as const;

/** The whole program: reads what it is told, runs a node until it is told to end, ends with the exit code. */
export async function runNode(argv: readonly string[]): Promise<void> {
  await runServer(
    {
      name: 'astralnode',
      description: 'One node of the overlay: receives live streams, plays them in your browser, passes them on.',
      examples: EXAMPLES,
      prefix: 'ASTRAL',
      settings: NODE_SETTINGS,
      flags: addDaemonFlag,
      run: async (values, call) => {
        const action = call.flags['daemon'] as (typeof ACTIONS)[number] | undefined;
        if (action !== undefined) return await daemon(action, folderOf(values), call);
        const node = await startNode(optionsOf(values), call.log);
        const signalled = firstSignal().then((signal) => {
          call.log.info({ signal }, 'leaving');
          return node.stop();
        });
        announce(node);
        await Promise.race([signalled, node.ended]);
        await node.ended;
        return EXIT.done;
      },
    },
    argv,
  );
}

function addDaemonFlag(command: Command): Command {
  return command.addOption(
    new Option('-D, --daemon <action>', 'start, stop or restart this profile in the background').choices(ACTIONS),
  );
}

async function daemon(action: (typeof ACTIONS)[number], folder: string | null, call: Call): Promise<number> {
  if (folder === null) throw new UsageError('--daemon: needs a folder to find the node again; leave --ephemeral out');
  if (action === 'stop') return await stopDaemon(folder);
  return action === 'start' ? await startDaemon(folder, call.argv) : await restartDaemon(folder, call.argv);
}

/** What people and scripts read: one line each, on standard output, or by way of the process that started the daemon. */
function announce(node: LiveNode): void {
  const { id, controlUrl } = node;
  const peers = node.peerAddress ?? 'none: nobody can dial this node; --advertise HOST:PORT mends it';
  const text = `node     ${id}\npeers    ${peers}\ncontrol  ${controlUrl}\npage     ${node.pageUrl()}\n`;
  if (!tellParent(text)) process.stdout.write(text);
}

/** One measurement in a process of its own, so that neither memory nor compiled code of another one is in the way. */
import { BlockRing } from '../../sim/queue.js';
import { measureCodec } from './codec.js';
import { measureEngine } from './engine.js';
import { runOnClosures } from './overlay-of-closures.js';
import { runOnQueue } from './overlay-on-queue.js';
import { measureSimulation, ownersInSimulation, profileSimulation } from './simulation.js';

const SIMULATIONS = { simulation: measureSimulation, profile: profileSimulation, owners: ownersInSimulation };

function measure(what: string, rest: readonly string[]): object {
  const [a = 0, b = 0, c = 0] = rest.map(Number);
  switch (what) {
    case 'ring':
      return runOnQueue(new BlockRing(), { nodes: a, warm: b, events: c });
    case 'closures':
      return runOnClosures({ nodes: a, warm: b, events: c });
    case 'engine':
      return measureEngine(a, b);
    case 'codec':
      return measureCodec(a);
    case 'profile':
    case 'owners':
    case 'simulation': {
      const [workload = '', ...numbers] = rest;
      const [viewers = 0, ramp = 0, from = 0, to = 0] = numbers.map(Number);
      return SIMULATIONS[what](workload, viewers, { ramp, from, to });
    }
    default:
      throw new RangeError(`nothing here is called ${what}`);
  }
}

const [what = '', ...rest] = process.argv.slice(2);
console.log(JSON.stringify(measure(what, rest)));

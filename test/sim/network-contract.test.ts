import { networkContract } from '../conformance/network-contract.js';
import { simWorld } from '../conformance/sim-world.js';

networkContract('simulated network', simWorld);

import { networkContract } from '../conformance/network-contract.js';
import { loopbackWorld } from '../conformance/wire-worlds.js';

networkContract('loopback', loopbackWorld);

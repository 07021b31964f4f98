import { networkContract } from '../conformance/network-contract.js';
import { webSocketWorld } from '../conformance/wire-worlds.js';

networkContract('WebSocket', webSocketWorld);

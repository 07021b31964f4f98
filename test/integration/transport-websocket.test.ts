import { networkContract } from '../conformance/network-contract.js';
import { tlsWorld, webSocketWorld } from '../conformance/wire-worlds.js';

networkContract('WebSocket', webSocketWorld);
networkContract('WebSocket with TLS', tlsWorld);

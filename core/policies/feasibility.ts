import type { Beat } from '../message.js';
import { PolicyTable } from './table.js';

/**
 * May a node adopt a provider that advertises `offered`, when `own` is the best beat the node itself ever advertised
 * on that sub-stream? `own.epoch` is -1 before the first.
 */
export type Feasibility = (own: Beat, offered: Beat) => boolean;

/**
 * RFC 8966, section 2.4: adopt only what is fresher, or as fresh and strictly nearer to the source. A descendant's
 * beats came through this node, so none of them can pass; hence no loop ever forms.
 */
const rfc8966: Feasibility = (own, offered) =>
  offered.epoch > own.epoch ||
  (offered.epoch === own.epoch && (offered.seq > own.seq || (offered.seq === own.seq && offered.depth < own.depth)));

export const feasibilityPolicies = new PolicyTable<Feasibility>('feasibility', { rfc8966 });

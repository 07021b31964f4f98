/** Where a node's own page is found, unless its owner chose another port. */
export const LOCAL_NODE = 'http://127.0.0.1:8000';

/**
 * Looks whether the visitor's own node runs. A page may send a request there but not read the answer: that there is one
 * is all that it learns. Browsers may forbid even that, so the link stays whatever comes of it.
 */
export const LOCAL_NODE_SCRIPT = `'use strict';
const state = document.getElementById('local-node');
const look = async () => {
  try {
    await fetch('${LOCAL_NODE}/healthz', { mode: 'no-cors', cache: 'no-store', signal: AbortSignal.timeout(3000) });
    state.textContent = 'Your node is running.';
    state.className = 'up';
  } catch {
    state.textContent = 'No node answers at ${LOCAL_NODE}. Start one; if yours has another port, open the page that it printed.';
    state.className = 'down';
  }
};
if (state !== null) {
  void look();
  setInterval(look, 5000);
}
`;

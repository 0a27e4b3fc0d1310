// Connects the page to the server: the client, its connection light, the three demos and the list of messages.

import { call } from './call.js';
import { Demo } from './demo.js';
import { loopback, play, record } from './demos.js';
import { Messages } from './messages.js';

const kurentoClient = window.require('kurento-client');
const byId = (name) => document.querySelector(`[data-testid="${name}"]`);

const here = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/kurento`;
const address = new URLSearchParams(location.search).get('ws') ?? here;

// connection light
const STATES = { connecting: 'connecting …', open: 'connected', closed: 'no connection, trying again …' };
window.addEventListener('wire:state', ({ detail: { state } }) => {
  byId('connection').dataset.state = state;
  byId('connection').textContent = STATES[state];
});

new Messages(byId('messages-panel'));

// The client reconnects by itself for ever, so there is one for the life of the page. Without a listener for "error" its
// reconnection throws at the first attempt that fails, and gives up.
const client = kurentoClient(address);
client._re.on('error', () => {});
const demos = [
  loopback,
  { ...record, finish: recorded },
  play,
].map((demo) => new Demo({ ...demo, client: () => client }));

// What was recorded is what the player plays next, unless somebody types another address.
byId('record-uri').value = nextRecording();
async function recorded(run) {
  await record.finish(run);
  byId('play-uri').value = byId('record-uri').value;
  byId('record-uri').value = nextRecording();
}

function nextRecording() {
  return `file:///tmp/rivero-playground-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}.webm`;
}

client.on('reconnected', (sameSession) => {
  if (sameSession) return;
  for (const demo of demos) demo.lose('The server was restarted: its pipelines are gone. Press Start again.');
});

client.getServerManager().then((manager) => call(manager, 'getInfo')).then(
  (info) => {
    byId('server').textContent = `${info.type} ${info.version}: ${info.modules.map(({ name, version }) => `${name} ${version}`).join(', ')}`;
  },
  (error) => {
    byId('server').textContent = error.message;
  },
);

// address of the server
byId('address').value = address;
byId('address-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const wanted = byId('address').value.trim();
  location.search = wanted === here ? '' : `?${new URLSearchParams({ ws: wanted })}`;
});

// Leaving the page releases its pipelines at once; the session would keep them for some minutes.
window.addEventListener('pagehide', () => demos.forEach((demo) => demo.stop()));

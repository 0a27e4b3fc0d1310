// The row of labels under a demo: what the elements of its pipeline say about themselves, newest word only.

const GOOD = new Set(['CONNECTED', 'READY', 'FLOWING', 'START']);
const BAD = new Set(['FAILED', 'error']);
const ACTIVE = new Set(['GATHERING', 'CONNECTING', 'NEW']);

export class State {
  #values = new Map();

  // `root` gets one label per name at once, so that the page does not jump when events come.
  constructor(root, names) {
    for (const name of names) {
      const label = document.createElement('div');
      label.className = 'state';
      label.dataset.state = name;
      const key = document.createElement('dt');
      const value = document.createElement('dd');
      key.textContent = name;
      label.append(key, value);
      root.append(label);
      this.#values.set(name, value);
    }
    this.clear();
  }

  set(name, value, title = '') {
    const node = this.#values.get(name);
    if (!node) return; // this demo does not show it
    node.textContent = value;
    node.title = title;
    node.className = GOOD.has(value) ? 'good' : BAD.has(value) ? 'bad' : ACTIVE.has(value) ? 'active' : '';
  }

  clear() {
    for (const name of this.#values.keys()) this.set(name, '–');
  }

  // watchWebRtc follows a WebRtcEndpoint. "From browser" is what leaves the element into the pipeline (the protocol's
  // MediaFlowOut), "to browser" what enters it (MediaFlowIn).
  watchWebRtc(endpoint) {
    const flow = (direction) => ({ mediaType, state }) => this.set(`${capital(mediaType)} ${direction} browser`, state);
    endpoint.on('IceComponentStateChanged', ({ state }) => this.set('ICE', state));
    endpoint.on('DtlsConnectionStateChange', ({ state }) => this.set('DTLS', state));
    endpoint.on('ConnectionStateChanged', ({ newState }) => this.set('Connection', newState));
    endpoint.on('NewCandidatePairSelected', ({ candidatePair: { localCandidate, remoteCandidate } }) =>
      this.set('Candidate pair', `${addressOf(localCandidate)} ↔ ${addressOf(remoteCandidate)}`, `${localCandidate}\n${remoteCandidate}`));
    endpoint.on('MediaFlowOutStateChanged', flow('from'));
    endpoint.on('MediaFlowInStateChanged', flow('to'));
  }

  // watchUri follows a RecorderEndpoint or PlayerEndpoint.
  watchUri(endpoint, name) {
    endpoint.on('UriEndpointStateChanged', ({ state }) => this.set(name, state));
  }
}

const capital = (text) => text[0] + text.slice(1).toLowerCase();

// candidate:<foundation> <component> <transport> <priority> <address> <port> typ … (RFC 8839 §5.1)
function addressOf(candidate) {
  const [, , , , address, port] = candidate.split(' ');
  return address?.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

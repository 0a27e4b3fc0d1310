// What the scenarios share. The WebRTC side is the playground's own Peer.

import { call } from '/js/call.js';
import { Peer } from '/js/peer.js';

export const kurentoClient = window.require('kurento-client');
export { call, Peer };

// until resolves when `condition` gives something true, and rejects after `timeout` ms, naming what was awaited.
export async function until(what, condition, timeout = 30000) {
  const start = performance.now();
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() - start > timeout) throw new Error(`waited ${timeout} ms in vain for ${what}`);
    await sleep(20);
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// fail makes an error outside any promise end the test.
export const fail = (error) => setTimeout(() => { throw error; });

// element creates a media element whose Error events end the test.
export async function element(pipeline, type, params = {}) {
  const created = await pipeline.create(type, params);
  created.on('Error', ({ type: kind, description }) => fail(new Error(`${type}: Error event ${kind}: ${description}`)));
  return created;
}

export function addVideo(muted = false) {
  const video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted });
  document.body.append(video);
  return video;
}

// throughLink makes the connection of an endpoint go over a link of the test harness. It returns what a Peer takes for
// the endpoint, and `set`, which changes the link: {loss: part, delay: ms, rate: bit/s}.
export function throughLink(endpoint) {
  let port;
  const made = new Map(); // by the server's address
  const replace = async ({ candidate, sdpMid, sdpMLineIndex }) => {
    const fields = candidate.split(' ');
    const [, , protocol, , host, to] = fields;
    if (protocol.toLowerCase() !== 'udp' || host.includes(':')) return null;
    const address = `${host}:${to}`;
    if (made.size === 0) made.set(address, fetch(`/link/new?to=${address}`).then((answer) => answer.text()));
    if (!made.has(address)) return null; // one way is enough
    fields[5] = port = await made.get(address);
    return { candidate: fields.join(' '), sdpMid, sdpMLineIndex };
  };
  // The client's objects are sealed, so this is one beside them, with what a Peer needs.
  const front = {
    on: (event, listener) => endpoint.on(event, event !== 'IceCandidateFound' ? listener : async ({ candidate }) => {
      const other = await replace(candidate);
      if (other) listener({ candidate: other });
    }),
    processOffer: (...args) => endpoint.processOffer(...args),
    gatherCandidates: (...args) => endpoint.gatherCandidates(...args),
    // The server learns the page's address from its checks: that of the link.
    addIceCandidate: (candidate, done) => done(null),
  };
  const set = async (quality) => {
    await until('the link', () => port);
    const answer = await fetch(`/link/set?${new URLSearchParams({ port, ...quality })}`);
    if (!answer.ok) throw new Error(await answer.text());
  };
  return { front, set };
}

// publish joins `stream` to a new WebRtcEndpoint of `pipeline`; with `link` over a link of the test harness.
export async function publish(pipeline, stream, { link, ...options } = {}) {
  const endpoint = await element(pipeline, 'WebRtcEndpoint');
  const way = link && throughLink(endpoint);
  const peer = new Peer(way ? way.front : endpoint, fail);
  peer.publish(stream, options);
  return { endpoint, peer, link: way };
}

// view shows what `connect` connects in a new video element; with `link` over a link of the test harness.
export async function view(pipeline, connect, { link } = {}) {
  const endpoint = await element(pipeline, 'WebRtcEndpoint');
  await connect(endpoint);
  const way = link && throughLink(endpoint);
  const peer = new Peer(way ? way.front : endpoint, fail);
  const video = addVideo();
  peer.receive();
  peer.show(video);
  await peer.negotiate();
  return { endpoint, peer, video, link: way };
}

export const framesDecoded = async (peer) => (await peer.statistics()).videoIn?.framesDecoded ?? 0;

// pixels is a small grey copy of what a video shows now.
export function pixels(video) {
  const canvas = new OffscreenCanvas(32, 18);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0, 32, 18);
  const { data } = context.getImageData(0, 0, 32, 18);
  return Array.from({ length: 32 * 18 }, (_, i) => data[4 * i + 1]);
}

// confetti is a picture that costs about as much as an encoder may spend: the fake camera's hardly changes.
export function confetti() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const context = canvas.getContext('2d');
  setInterval(() => {
    for (let i = 0; i < 5; i++) {
      context.fillStyle = `hsl(${Math.random() * 360} 80% 50%)`;
      context.fillRect(Math.random() * 640, Math.random() * 360, 40, 30);
    }
  }, 33);
  return canvas.captureStream(30);
}

// painted is a stream of 320x240 in one colour (red, green, blue), in which something moves, with a tone if one is given, in Hz.
export function painted([r, g, b], context, tone) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  const picture = canvas.getContext('2d');
  let turn = 0;
  setInterval(() => {
    picture.fillStyle = `rgb(${r} ${g} ${b})`;
    picture.fillRect(0, 0, 320, 240);
    picture.fillStyle = 'white';
    picture.fillRect(10 + (turn++ % 60) * 2, 200, 20, 20);
  }, 50);
  const stream = canvas.captureStream(20);
  if (tone) {
    const oscillator = new OscillatorNode(context, { frequency: tone });
    const quiet = new GainNode(context, { gain: 0.2 });
    const out = new MediaStreamAudioDestinationNode(context);
    oscillator.connect(quiet).connect(out);
    oscillator.start();
    stream.addTrack(out.stream.getAudioTracks()[0]);
  }
  return stream;
}

// colourAt is what a video shows at a point, in pixels of its own.
export function colourAt(video, x, y) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  return Array.from(context.getImageData(x, y, 1, 1).data.slice(0, 3));
}

// nearest is the one of some colours that is most like another: browsers do not agree on what colours a canvas' video has.
export function nearest(colour, others) {
  const distance = (other) => other.reduce((sum, v, i) => sum + (v - colour[i]) ** 2, 0);
  return others.reduce((best, other) => (distance(other) < distance(best) ? other : best));
}

// hears waits until a stream has those of some tones (Hz) that `wanted` wants by their number, and lacks the others. It resolves
// to how loud they are, in dB.
export async function hears(who, context, stream, tones, wanted) {
  const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const width = context.sampleRate / analyser.fftSize;
  let levels;
  await until(`what ${who} hears`, () => {
    analyser.getFloatFrequencyData(bins);
    levels = tones.map((hz) => {
      const at = Math.round(hz / width);
      return Math.max(...bins.slice(at - 2, at + 3));
    });
    return levels.every((db, i) => (wanted(i) ? db > -50 : db < -70));
  });
  return levels;
}

// only leaves some codecs of one kind of media, named by their MIME types, in a peer's description.
export function only(peer, ...codecs) {
  const [kind] = codecs[0].split('/');
  const names = codecs.map((codec) => codec.toLowerCase());
  const wanted = RTCRtpReceiver.getCapabilities(kind).codecs.filter(({ mimeType }) => names.includes(mimeType.toLowerCase()));
  for (const transceiver of peer.connection.getTransceivers()) {
    if (transceiver.receiver.track.kind === kind) transceiver.setCodecPreferences(wanted);
  }
}

// The three demos. Each `begin` is a whole Kurento program: this is the file to read, and to copy from.

import { call } from './call.js';
import { camera, measure, preview, watch } from './demo.js';
import { Peer } from './peer.js';

const WEBRTC = ['ICE', 'DTLS', 'Connection', 'Candidate pair'];
const STOP_TIMEOUT = 5000; // ms

// Camera → WebRtcEndpoint → the same WebRtcEndpoint → back to this page.
export const loopback = {
  name: 'loopback',
  states: [...WEBRTC, 'Audio from browser', 'Video from browser', 'Audio to browser', 'Video to browser'],

  async begin(run) {
    const stream = await camera(run);
    preview(run, run.part('local'), stream);

    const webrtc = await run.element('WebRtcEndpoint');
    run.state.watchWebRtc(webrtc);
    await call(webrtc, 'connect', webrtc);

    const peer = new Peer(webrtc, run.fail);
    run.onEnd(() => peer.close());
    peer.publish(stream, { receive: true });
    watch(run, run.part('remote'), peer);
    await peer.negotiate();
    measure(run, peer, run.part('measured'));
  },
};

// Camera → WebRtcEndpoint → RecorderEndpoint → a WebM file on the server.
export const record = {
  name: 'record',
  states: [...WEBRTC, 'Audio from browser', 'Video from browser', 'Recorder', 'Last event'],

  async begin(run) {
    const stream = await camera(run);
    preview(run, run.part('local'), stream);

    const uri = run.part('uri').value.trim();
    const webrtc = await run.element('WebRtcEndpoint');
    const recorder = await run.element('RecorderEndpoint', { uri, mediaProfile: 'WEBM' });
    run.state.watchWebRtc(webrtc);
    run.state.watchUri(recorder, 'Recorder');
    for (const type of ['Recording', 'Paused', 'Stopped']) recorder.on(type, () => run.state.set('Last event', type));
    await call(webrtc, 'connect', recorder);

    const peer = new Peer(webrtc, run.fail);
    run.onEnd(() => peer.close());
    peer.publish(stream);
    await peer.negotiate();
    await call(recorder, 'record');
    run.recorder = recorder;
    measure(run, peer, run.part('measured'));
  },

  // stop() answers at once; the file is complete when Stopped comes.
  async finish({ recorder }) {
    const stopped = new Promise((resolve, reject) => {
      recorder.once('Stopped', resolve);
      setTimeout(() => reject(new Error(`The recorder did not finish its file within ${STOP_TIMEOUT / 1000} s.`)), STOP_TIMEOUT);
    });
    await call(recorder, 'stop');
    await stopped;
  },
};

// A file on the server → PlayerEndpoint → WebRtcEndpoint → this page.
export const play = {
  name: 'play',
  states: [...WEBRTC, 'Audio to browser', 'Video to browser', 'Player', 'Last event'],

  async begin(run) {
    const uri = run.part('uri').value.trim();
    if (!uri) throw new Error('There is nothing to play: record something first, or name a file on the server.');
    const webrtc = await run.element('WebRtcEndpoint', { sendonly: true });
    const player = await run.element('PlayerEndpoint', { uri });
    run.state.watchWebRtc(webrtc);
    run.state.watchUri(player, 'Player');
    player.on('EndOfStream', () => run.state.set('Last event', 'EndOfStream'));
    await call(player, 'connect', webrtc);

    const peer = new Peer(webrtc, run.fail);
    run.onEnd(() => peer.close());
    peer.receive();
    watch(run, run.part('remote'), peer);
    await peer.negotiate();
    await call(player, 'play');
    measure(run, peer, run.part('measured'));
  },
};

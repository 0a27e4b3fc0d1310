// A live connection is changed: other ways through the network, sound added and taken away. Whoever watches notices nothing.

import { addVideo, call, framesDecoded, kurentoClient, publish, until, view } from './lib.js';

export async function run({ ws }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } });
  const [sound] = stream.getAudioTracks();
  stream.removeTrack(sound);

  const { endpoint, peer } = await publish(pipeline, stream, { receive: true });
  const own = addVideo();
  peer.show(own);
  await call(endpoint, 'connect', endpoint);
  await peer.negotiate();
  const other = await view(pipeline, (sink) => call(endpoint, 'connect', sink));
  await until('pictures', async () => await framesDecoded(peer) > 30 && await framesDecoded(other.peer) > 30);

  const pc = peer.connection;
  const fragment = () => /a=ice-ufrag:(\S+)/.exec(pc.remoteDescription.sdp)[1];
  const connected = () => until('the connection', () => pc.iceConnectionState === 'connected' || pc.iceConnectionState === 'completed');
  const more = async (what) => {
    const before = await framesDecoded(peer), beside = await framesDecoded(other.peer);
    await until(`pictures ${what}`, async () => await framesDecoded(peer) > before + 20 && await framesDecoded(other.peer) > beside + 20);
  };
  const mine = watch(own), others = watch(other.video);

  const fragments = [fragment()];
  for (let i = 0; i < 2; i++) {
    await peer.negotiate({ restart: true });
    await connected();
    await more('after an ICE restart');
    fragments.push(fragment());
  }

  const transceiver = pc.addTransceiver(sound, { direction: 'sendrecv', streams: [stream] });
  await peer.negotiate();
  await until('sound', async () => (await peer.statistics()).audioIn?.packetsReceived > 20);
  await more('with sound');
  fragments.push(fragment());

  transceiver.stop();
  await peer.negotiate();
  await more('without sound again');

  const { videoIn } = await peer.statistics();
  const viewer = (await other.peer.statistics()).videoIn;
  const result = {
    fragments,
    lines: pc.remoteDescription.sdp.match(/^m=.*$/gm),
    own: { gap: mine(), lost: videoIn.packetsLost, freezes: videoIn.freezeCount },
    viewer: { gap: others(), lost: viewer.packetsLost, freezes: viewer.freezeCount },
    states: await call(endpoint, 'getConnectionState'),
  };
  peer.close();
  other.peer.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}

// watch returns a function that gives the longest time in ms between two pictures since.
function watch(video) {
  let last = performance.now(), longest = 0;
  const next = (now) => {
    longest = Math.max(longest, now - last);
    last = now;
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
  return () => longest;
}

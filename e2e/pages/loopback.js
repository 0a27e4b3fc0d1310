// The camera goes through one WebRtcEndpoint and comes back.

import { addVideo, call, framesDecoded, kurentoClient, pixels, publish, sleep, until } from './lib.js';

export async function run({ ws, seconds }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
  addVideo(true).srcObject = stream;

  const { endpoint, peer } = await publish(pipeline, stream, { receive: true });
  const remote = addVideo();
  peer.show(remote);
  await call(endpoint, 'connect', endpoint);
  await peer.negotiate();

  await until('a decoded frame', () => framesDecoded(peer));
  const loudness = listen(remote.srcObject);
  const samples = [];
  for (let second = 0; second <= seconds; second++) {
    if (second > 0) await sleep(1000);
    const { videoIn, audioIn } = await peer.statistics();
    samples.push({
      framesDecoded: videoIn.framesDecoded,
      packetsLost: videoIn.packetsLost + audioIn.packetsLost,
      audioEnergy: audioIn.totalAudioEnergy,
      loudest: loudness(),
      pixels: pixels(remote),
    });
  }
  await window.screenshot(`loopback-${new URLSearchParams(location.search).get('client')}`);

  const result = { width: remote.videoWidth, height: remote.videoHeight, samples };
  peer.close();
  await call(pipeline, 'release');
  client.close();
  return result;
}

// listen returns a function that gives the greatest amplitude (0…1) heard since it was last called.
function listen(stream) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 2048 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    loudest = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), loudest);
  }, 20);
  return () => {
    const value = loudest;
    loudest = 0;
    return value;
  };
}

// Records a canvas that flashes and an oscillator that beeps at the same moments, once per second.

import { call, element, kurentoClient, publish, sleep } from './lib.js';

const WIDTH = 320;
const HEIGHT = 180;
const LENGTH = 0.2; // seconds of a flash and of a beep

export async function run({ ws, uri, seconds }) {
  const client = await kurentoClient(ws);
  const pipeline = await client.create('MediaPipeline');
  const recorder = await element(pipeline, 'RecorderEndpoint', { uri, mediaProfile: 'WEBM' });
  const events = [];
  const happens = (type) => new Promise((resolve) => recorder.once(type, resolve));
  for (const type of ['Recording', 'Paused', 'Stopped']) recorder.on(type, () => events.push(type));
  recorder.on('UriEndpointStateChanged', ({ state }) => events.push(state));

  const source = flashAndBeep();
  const { endpoint, peer } = await publish(pipeline, source.stream);
  await call(endpoint, 'connect', recorder);
  const recording = happens('Recording');
  await call(recorder, 'record');
  await peer.negotiate();
  await recording;
  source.stalls(); // until here nothing was recorded
  const start = performance.now();
  await sleep(1000 * seconds);
  const stopped = happens('Stopped');
  await call(recorder, 'stop');
  const recorded = (performance.now() - start) / 1000;
  const stalls = source.stalls();
  await stopped;
  peer.close();
  await call(pipeline, 'release');
  client.close();
  return { events, seconds: recorded, stalls };
}

// flashAndBeep is a stream whose picture turns white while its sound is on. Both follow the clock of the AudioContext. Its function
// stalls tells (in ms) how much the sound lagged and how long the picture stood still since it was last called: on a machine
// without time to spare, Chromium itself tears sound and picture apart.
function flashAndBeep() {
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: 1000 });
  const gain = new GainNode(context, { gain: 0 });
  const destination = new MediaStreamAudioDestinationNode(context);
  oscillator.connect(gain).connect(destination);
  oscillator.start();
  for (let second = 1; second < 120; second++) {
    gain.gain.setValueAtTime(0.5, second);
    gain.gain.setValueAtTime(0, second + LENGTH);
  }

  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  document.body.append(canvas);
  const paint = canvas.getContext('2d', { alpha: false });
  let frame = 0;
  let measured = { least: Infinity, most: -Infinity, picture: 0 };
  let last = performance.now();
  (function draw() {
    const wall = performance.now();
    const now = context.currentTime;
    const lag = wall - 1000 * now;
    measured = { least: Math.min(measured.least, lag), most: Math.max(measured.most, lag), picture: Math.max(measured.picture, wall - last) };
    last = wall;
    const on = now >= 1 && now % 1 < LENGTH;
    paint.fillStyle = on ? 'white' : 'black';
    paint.fillRect(0, 0, WIDTH, HEIGHT);
    paint.fillStyle = 'grey'; // something that always moves, so that every frame is a new one
    paint.fillRect(frame++ % WIDTH, HEIGHT - 4, 4, 4);
    requestAnimationFrame(draw);
  })();
  return {
    stream: new MediaStream([...canvas.captureStream(30).getTracks(), ...destination.stream.getTracks()]),
    stalls() {
      const { least, most, picture } = measured;
      measured = { least: Infinity, most: -Infinity, picture: 0 };
      return { sound: most - least, picture };
    },
  };
}

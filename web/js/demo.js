// What the three demos have in common: a card with Start and Stop, one pipeline per run, and a place for errors.

import { call } from './call.js';
import { State } from './state.js';

// A Run is one life of a demo, from Start to Stop: it owns a pipeline and whatever else must end with it.
class Run {
  pipeline = null;
  #card; #cleanups = [];

  constructor(card) {
    this.#card = card;
  }

  get state() {
    return this.#card.state;
  }

  // part is an element of the card, by its data-testid without the name of the demo.
  part(name) {
    return this.#card.part(name);
  }

  // onEnd calls `cleanup` when the run ends; the latest first.
  onEnd(cleanup) {
    this.#cleanups.unshift(cleanup);
  }

  // element creates a media element in the pipeline and reports its Error events.
  async element(type, params = {}) {
    const element = await this.pipeline.create(type, params);
    element.on('Error', ({ type: kind, description }) => this.#card.fail(new Error(`${type}: ${kind}: ${description}`)));
    return element;
  }

  fail = (error) => this.#card.fail(error);

  async end() {
    for (const cleanup of this.#cleanups.splice(0)) await cleanup();
  }
}

export class Demo {
  #root; #name; #client; #begin; #finish;
  #run = null;

  // `begin(run)` builds the pipeline; `finish(run)` is what Stop does before everything is released.
  // `client` returns a promise of the kurento-client.
  constructor({ name, client, states, begin, finish = async () => {} }) {
    this.#name = name;
    this.#root = document.querySelector(`[data-testid="${name}"]`);
    this.#client = client;
    this.#begin = begin;
    this.#finish = finish;
    this.state = new State(this.part('states'), states);
    this.part('start').addEventListener('click', () => this.start());
    this.part('stop').addEventListener('click', () => this.stop());
    this.#show('idle');
  }

  part(name) {
    return this.#root.querySelector(`[data-testid="${this.#name}-${name}"]`);
  }

  async start() {
    this.#error('');
    this.state.clear();
    this.#show('starting');
    const run = (this.#run = new Run(this));
    try {
      const client = await this.#client();
      run.pipeline = await client.create('MediaPipeline');
      run.onEnd(() => run.pipeline && call(run.pipeline, 'release')); // null once the server has lost it
      await this.#begin(run);
      if (this.#run === run) this.#show('running');
    } catch (error) {
      this.fail(error);
      await this.#end(run);
    }
  }

  // stop ends the run in good order; what cannot be finished is still released.
  async stop() {
    const run = this.#run;
    if (!run || this.#root.dataset.state === 'stopping') return;
    this.#show('stopping');
    try {
      await this.#finish(run);
    } catch (error) {
      this.fail(error);
    }
    await this.#end(run);
  }

  fail(error) {
    console.error(this.#name, error);
    this.#error(explain(error));
  }

  // lose is called when the server has forgotten every object.
  async lose(reason) {
    if (!this.#run) return;
    this.#error(reason);
    this.#run.pipeline = null;
    await this.#end(this.#run);
  }

  async #end(run) {
    if (this.#run !== run) return;
    this.#run = null;
    try {
      await run.end();
    } catch (error) {
      this.fail(error);
    }
    this.#show('idle');
  }

  #show(state) {
    this.#root.dataset.state = state;
    this.part('start').disabled = state !== 'idle';
    this.part('stop').disabled = state !== 'running';
  }

  #error(text) {
    this.part('error').textContent = text;
  }
}

// explain puts the browser's and the server's errors into words for the person in front of the page.
function explain(error) {
  switch (error.name) {
    case 'NotAllowedError': return 'The browser did not allow this page to use the camera and microphone.';
    case 'NotFoundError': return 'The browser found no camera or no microphone.';
    case 'NotReadableError': return 'The camera or microphone is in use by another program.';
  }
  const { code, data } = error;
  return code ? `The server answered ${code}${data?.type ? ` ${data.type}` : ''}: ${error.message}` : error.message;
}

// camera opens camera and microphone for as long as `run` lasts.
export async function camera(run) {
  if (!navigator.mediaDevices) throw new Error('Browsers give a page the camera only over https, or on localhost. Open this page by one of them.');
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: true,
    video: { width: { ideal: 640 }, height: { ideal: 360 } },
  });
  run.onEnd(() => stream.getTracks().forEach((track) => track.stop()));
  return stream;
}

// watch plays what `peer` receives in `video` for as long as `run` lasts.
export function watch(run, video, peer) {
  peer.show(video);
  video.controls = true;
  run.onEnd(() => {
    video.srcObject = null;
    video.controls = false;
  });
}

// preview shows `stream` in `video` for as long as `run` lasts.
export function preview(run, video, stream) {
  video.srcObject = stream;
  run.onEnd(() => (video.srcObject = null));
}

// measure shows once per second what `peer` receives (or, with nothing coming in, sends) in the caption `node`.
export function measure(run, peer, node) {
  let last = {};
  const timer = setInterval(async () => {
    const { videoIn, videoOut, audioIn } = await peer.statistics();
    const video = videoIn ?? videoOut;
    if (!video) return;
    const bytes = video.bytesReceived ?? video.bytesSent;
    const seconds = (video.timestamp - last.timestamp) / 1000;
    node.textContent = [
      video.frameWidth && `${video.frameWidth} × ${video.frameHeight}`,
      video.framesPerSecond && `${video.framesPerSecond} frames/s`,
      seconds > 0 && `${Math.round(((bytes - last.bytes) * 8) / seconds / 1000)} kbit/s`,
      audioIn?.audioLevel > 0.001 && 'sound',
    ].filter(Boolean).join(' · ');
    node.dataset.framesDecoded = videoIn?.framesDecoded ?? 0;
    last = { timestamp: video.timestamp, bytes };
  }, 1000);
  run.onEnd(() => {
    clearInterval(timer);
    node.textContent = '';
  });
}

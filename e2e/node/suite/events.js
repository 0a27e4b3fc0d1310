// Events: names of both generations, callbacks and promises, once and off, what they carry, and that they end.

const assert = require('node:assert/strict');
const { kurento, call, connect, create, idOf, once, settled, within, version, test, run } = require('./suite');

async function pair(client, ...types) {
  const mediaPipeline = await create(client, 'MediaPipeline');
  return Promise.all(types.map((type) => create(client, type, { mediaPipeline })));
}

// collect keeps what a listener hears.
function collect(object, event, method = 'on') {
  const heard = [];
  object[method](event, (data) => heard.push(data));
  return heard;
}

for (const type of ['MediaPipeline', 'PassThrough', 'PlayerEndpoint', 'RecorderEndpoint', 'WebRtcEndpoint']) {
  test(`every event of ${type} can be listened to, and no longer`, async (client) => {
    const mediaPipeline = await create(client, 'MediaPipeline');
    const object = type === 'MediaPipeline'
      ? mediaPipeline
      : await create(client, type, { mediaPipeline, uri: 'file:///nowhere.webm' });
    const { events } = kurento.register.classes[type];
    assert.ok(events.length > 0);
    // A refused subscription would be an error that nobody catches, which fails the test.
    for (const event of events) object.on(event, () => {});
    await settled(object);
    for (const event of events) object.removeAllListeners(event);
    await settled(object);
  });
}

test('an event carries source, type, tags and times', async (client) => {
  const [a, b] = await pair(client, 'PassThrough', 'PassThrough');
  await call(a, 'setSendTagsInEvents', true);
  await call(a, 'addTag', 'color', 'blue');
  const event = once(a, 'ElementConnected', ({ mediaType }) => mediaType === 'VIDEO');
  await settled(a);
  await call(a, 'connect', b);
  const { source, type, tags, sink, timestampMillis, sourceMediaDescription, sinkMediaDescription } = await event;
  assert.deepEqual([idOf(source), type, idOf(sink)], [a.id, 'ElementConnected', b.id]);
  assert.deepEqual(tags.map(({ key, value }) => `${key}=${value}`), ['color=blue']);
  assert.deepEqual([sourceMediaDescription, sinkMediaDescription], ['default', 'default']);
  assert.ok(Math.abs(Number(timestampMillis) - Date.now()) < 60_000, timestampMillis);
});

test('without sendTagsInEvents there are no tags', async (client) => {
  const [a, b] = await pair(client, 'PassThrough', 'PassThrough');
  await call(a, 'addTag', 'color', 'blue');
  const event = once(a, 'ElementConnected');
  await settled(a);
  await call(a, 'connect', b);
  assert.deepEqual((await event).tags, []);
});

test('listeners hear every event once, whatever their number', async (client) => {
  const [a, b] = await pair(client, 'PassThrough', 'PassThrough');
  const [first, second] = [collect(a, 'ElementConnected'), collect(a, 'ElementConnected')];
  await settled(a);
  await call(a, 'connect', b);
  await settled(a);
  assert.deepEqual([first.length, second.length], [3, 3]);
});

test('once is heard once', async (client) => {
  const [a, b] = await pair(client, 'PassThrough', 'PassThrough');
  const heard = collect(a, 'ElementConnected', 'once');
  await settled(a);
  await call(a, 'connect', b);
  await settled(a);
  assert.equal(heard.length, 1);
});

test('who stops listening hears no more, and can listen again', async (client) => {
  const [a, b] = await pair(client, 'PassThrough', 'PassThrough');
  const heard = [];
  const listener = ({ mediaType }) => heard.push(mediaType);
  a.on('ElementConnected', listener);
  await settled(a);
  await call(a, 'connect', b, 'AUDIO');
  await settled(a);
  a.removeListener('ElementConnected', listener);
  await settled(a);
  await call(a, 'connect', b, 'VIDEO');
  await settled(a);
  assert.deepEqual(heard, ['AUDIO']);
  a.on('ElementConnected', listener);
  await settled(a);
  await call(a, 'connect', b, 'DATA');
  await settled(a);
  assert.deepEqual(heard, ['AUDIO', 'DATA']);
});

test('two clients hear the same event', async (client) => {
  const [a, b] = await pair(client, 'PassThrough', 'PassThrough');
  const other = await connect();
  const same = await other.getMediaobjectById(a.id);
  const [mine, theirs] = [once(a, 'ElementConnected'), once(same, 'ElementConnected')];
  await Promise.all([settled(a), settled(same)]);
  await call(a, 'connect', b, 'AUDIO');
  assert.equal((await mine).mediaType, 'AUDIO');
  assert.equal((await theirs).mediaType, 'AUDIO');
  other.close();
});

test('disconnecting and releasing are told', async (client) => {
  const [a, b] = await pair(client, 'PassThrough', 'PassThrough');
  const heard = collect(a, 'ElementDisconnected');
  await settled(a);
  await call(a, 'connect', b);
  await call(a, 'disconnect', b, 'AUDIO');
  await settled(a);
  assert.deepEqual(heard.map(({ mediaType }) => mediaType), ['AUDIO']);
  await call(b, 'release');
  await settled(a);
  assert.deepEqual(heard.map(({ mediaType }) => mediaType).sort(), ['AUDIO', 'DATA', 'VIDEO']);
});

test('gathering candidates is told under each name that was asked for', async (client) => {
  const [webrtc] = await pair(client, 'WebRtcEndpoint');
  const names = { IceCandidateFound: 'candidate', IceGatheringDone: null };
  if (version.startsWith('6.')) Object.assign(names, { OnIceCandidate: 'candidate', OnIceGatheringDone: null });
  const heard = Object.fromEntries(Object.keys(names).map((name) => [name, collect(webrtc, name)]));
  const done = Promise.all(Object.keys(names).filter((name) => name.endsWith('Done')).map((name) => once(webrtc, name)));
  await call(webrtc, 'generateOffer');
  await call(webrtc, 'gatherCandidates');
  await done;
  for (const [name, field] of Object.entries(names)) {
    assert.ok(heard[name].length > 0, name);
    for (const data of heard[name]) {
      assert.equal(data.type, name);
      // The time in seconds is a member of 6.x: it goes with the names that only 6.x has.
      assert.equal('timestamp' in data, name.startsWith('On'), `timestamp in ${name}`);
      if (field) assert.match(data.candidate.candidate, /^candidate:/);
    }
  }
});

test('states and errors of a player', async (client) => {
  const mediaPipeline = await create(client, 'MediaPipeline');
  const player = await create(client, 'PlayerEndpoint', { mediaPipeline, uri: 'file:///nowhere.webm' });
  const states = collect(player, 'UriEndpointStateChanged');
  const error = once(player, 'Error');
  await settled(player);
  await call(player, 'play');
  const { type, description, source } = await error;
  assert.deepEqual([type, idOf(source)], ['INVALID_URI', player.id]);
  assert.ok(description);
  assert.equal(states[0].state, 'START');
});

test('an event that the class does not have is refused by the client itself', async (client) => {
  const [a] = await pair(client, 'PassThrough');
  assert.throws(() => a.on('EndOfStream', () => {}), SyntaxError);
  await within(settled(a), 'the answer');
});

run();

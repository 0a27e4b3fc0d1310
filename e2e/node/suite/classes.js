// Every class can be created under both of its names, and every property be read and written.

const assert = require('node:assert/strict');
const { kurento, call, create, refusal, idOf, version, test, run } = require('./suite');

// creatable has the parameters of every class that exists, beside the pipeline.
const creatable = {
  AlphaBlending: {},
  Composite: {},
  Dispatcher: {},
  DispatcherOneToMany: {},
  HubPort: {},
  GStreamerFilter: { command: 'identity' },
  FaceOverlayFilter: {},
  ImageOverlayFilter: {},
  HttpPostEndpoint: {},
  MediaPipeline: {},
  Mixer: {},
  PassThrough: {},
  PlayerEndpoint: { uri: 'file:///nowhere.webm' },
  RecorderEndpoint: { uri: 'file:///nowhere.webm' },
  RtpEndpoint: {},
  WebRtcEndpoint: {},
  ZBarFilter: {},
};

const bare = (names) => Object.keys(names).filter((name) => !name.includes('.')).sort();

async function make(client, name) {
  const type = name.replace('kurento.', '');
  if (type === 'MediaPipeline') return create(client, name);
  const mediaPipeline = await create(client, 'MediaPipeline');
  if (type === 'HubPort') return create(client, name, { hub: await create(client, 'Composite', { mediaPipeline }) });
  return create(client, name, { mediaPipeline, ...creatable[type] });
}

test('the table above has all classes that exist', async (client) => {
  const { modules } = await call(await client.getServerManager(), 'getInfo');
  const own = modules.filter(({ name }) => ['core', 'elements', 'filters'].includes(name)); // of others: modules.js
  assert.deepEqual(own.flatMap(({ factories }) => factories).sort(), Object.keys(creatable).sort());
});

for (const type of Object.keys(creatable)) {
  for (const name of [type, `kurento.${type}`]) {
    test(`create ${name}`, async (client) => {
      const object = await make(client, name);
      assert.ok(object instanceof kurento.register.classes[type]);
      assert.ok(object.id.endsWith(`_kurento.${type}`), object.id);
      assert.equal(await call(object, 'getName'), object.id);
      await call(object, 'release');
      assert.equal((await refusal(client.getMediaobjectById(object.id))).code, 40101);
    });
  }
}

for (const type of bare(kurento.register.classes).filter((name) => !(name in creatable))) {
  for (const name of [type, `kurento.${type}`]) {
    test(`create ${name} is refused`, async (client) => {
      const mediaPipeline = await create(client, 'MediaPipeline');
      // The client itself checks that required parameters are there, not what they are.
      assert.deepEqual(await refusal(create(client, name, { mediaPipeline, command: 'identity' })),
        { code: 40108, message: `Factory '${name}' not found`, type: 'MEDIA_OBJECT_NOT_AVAILABLE' });
    });
  }
}

test('abstract classes are refused', async (client) => {
  const mediaPipeline = await create(client, 'MediaPipeline');
  for (const type of bare(kurento.register.abstracts)) {
    assert.equal((await refusal(create(client, type, { mediaPipeline }))).code, 40108, type);
  }
});

// writable has a value for each property that can be written. What is read afterwards is the same, or the second value.
const remb = {
  packetsRecvIntervalTop: 90, exponentialFactor: 0.5, linealFactorMin: 40, linealFactorGrade: 20, decrementFactor: 0.25,
  thresholdFactor: 0.75, upLosses: 10, rembOnConnect: 200000,
};
const writable = {
  name: ['a name: ä€😀"\\'],
  sendTagsInEvents: [true],
  latencyStats: [true],
  minEncoderBitrate: [100_000], encoderBitrate: [300_000], maxEncoderBitrate: [900_000],
  minOuputBitrate: [110_000], minOutputBitrate: [120_000], maxOuputBitrate: [800_000], maxOutputBitrate: [700_000],
  minVideoRecvBandwidth: [50], minVideoSendBandwidth: [60], maxVideoSendBandwidth: [1234],
  maxAudioRecvBandwidth: [40], maxVideoRecvBandwidth: [2000],
  mtu: [1300],
  rembParams: [kurento.getComplexType('RembParams')(remb), remb],
  networkInterfaces: ['lo'], iceTcp: [false],
  stunServerAddress: ['192.0.2.1'], stunServerPort: [3479], turnUrl: ['user:word@192.0.2.1:3478'],
  externalIPv4: ['192.0.2.7'], externalIPv6: ['2001:db8::7'], externalAddress: ['192.0.2.8'],
};

// readable says of everything else that can be read what it has to be, for a new object.
const list = (...items) => (value) => assert.deepEqual(value, items);
const text = (pattern) => (value) => assert.match(value, pattern);
const own = (value, { id }) => assert.equal(idOf(value), id);
const pipelineOf = (value, { id }) => assert.equal(idOf(value), id.split('/')[0]);
const readable = {
  command: text(/^identity$/),
  url: text(/^http:\/\/127\.0\.0\.1:\d+\/[-0-9a-f]{36}$/),
  children: list(), childs: list(), tags: list(),
  creationTime: (value) => assert.ok(Math.abs(value - Date.now() / 1000) < 60, value),
  mediaPipeline: pipelineOf,
  parent: (value, { id }) => assert.equal(idOf(value), id.slice(0, id.lastIndexOf('/'))),
  gstreamerDot: text(/^digraph /), elementGstreamerDot: text(/^digraph /),
  sinkConnections: list(), sourceConnections: list(),
  stats: (value) => assert.equal(typeof value, 'object'),
  uri: text(/^file:\/\/\/nowhere\.webm$/), state: text(/^STOP$/),
  mediaState: text(/^DISCONNECTED$/), connectionState: text(/^DISCONNECTED$/),
  DtlsConnectionState: list(), ICECandidatePairs: list(), IceConnectionState: list(),
  videoInfo: ({ isSeekable, seekableInit, seekableEnd, duration }) => assert.deepEqual(
    { isSeekable, seekableInit, seekableEnd, duration },
    { isSeekable: false, seekableInit: 0, seekableEnd: 0, duration: 0 },
  ),
  position: (value) => assert.equal(value, 0),
};

// Not properties, or not to be read yet; tested below and elsewhere.
const others = new Set(['tag', 'localSessionDescriptor', 'remoteSessionDescriptor', 'audioFormat', 'videoFormat', 'outputBitrate',
  'master', 'source', 'portProperties', // operations of hubs
  'elementProperty', 'overlayedImage', // of filters
]);

// accessors are the names of an object's get… or set… methods, inherited ones included, without the prefix.
function accessors(object, prefix) {
  const names = new Set();
  for (let p = Object.getPrototypeOf(object); p; p = Object.getPrototypeOf(p)) {
    for (const method of Object.getOwnPropertyNames(p)) {
      if (!method.startsWith(prefix) || !/^[A-Z]/.test(method.slice(3)) || method.endsWith('MaxListeners')) continue;
      const name = method.slice(3);
      const known = name[0].toLowerCase() + name.slice(1);
      names.add(name in writable || name in readable ? name : known);
    }
  }
  return [...names].filter((name) => !others.has(name));
}

const upper = (name) => name[0].toUpperCase() + name.slice(1);

for (const type of Object.keys(creatable)) {
  test(`every getter of ${type}`, async (client) => {
    const object = await make(client, type);
    for (const name of accessors(object, 'get')) {
      if (name === 'parent' && type === 'MediaPipeline') continue; // it has none; see below
      if (name in writable) {
        const value = await call(object, `get${upper(name)}`);
        assert.equal(typeof value, typeof (writable[name][1] ?? writable[name][0]), `type of ${name}`);
        continue;
      }
      assert.ok(name in readable, `the tables above lack ${name}`);
      readable[name](await call(object, `get${upper(name)}`), object);
    }
  });

  test(`every setter of ${type}`, async (client) => {
    const object = await make(client, type);
    const names = accessors(object, 'set');
    assert.ok(names.length > 0);
    for (const name of names) {
      if (name === 'position') continue; // needs something that plays; see below
      assert.ok(name in writable, `the tables above lack ${name}`);
      const [value, read = value] = writable[name];
      await call(object, `set${upper(name)}`, value);
      const got = await call(object, `get${upper(name)}`);
      if (typeof read !== 'object') assert.equal(got, read, name);
      else for (const [member, wanted] of Object.entries(read)) assert.equal(got[member], wanted, `${name}.${member}`);
    }
  });
}

test('the promises of getters and setters tell the same as the callbacks', async (client) => {
  const pipeline = await create(client, 'MediaPipeline');
  await pipeline.setName('by promise');
  assert.equal(await pipeline.getName(), 'by promise');
  await pipeline.setLatencyStats(true);
  assert.equal(await pipeline.getLatencyStats(), true);
});

test('a pipeline is its own pipeline and has no parent', async (client) => {
  const pipeline = await create(client, 'MediaPipeline');
  own(await call(pipeline, 'getMediaPipeline'), pipeline);
  // The client looks the parent up, and complains of a null in its own words.
  await assert.rejects(call(pipeline, 'getParent'), /null/);
});

test('properties of an element of GStreamer', async (client) => {
  const mediaPipeline = await create(client, 'MediaPipeline');
  const command = 'videobalance saturation=0.0';
  const filter = await create(client, 'GStreamerFilter', { mediaPipeline, command, filterType: 'VIDEO' });
  await call(filter, 'setElementProperty', 'saturation', '0.5');
  assert.equal(await call(filter, 'getCommand'), command);
  const { code, message } = await refusal(call(filter, 'setElementProperty', 'saturation', 'abc'));
  assert.deepEqual({ code, message }, { code: 40001, message: "Cannot convert 'abc' to double: stod" });
  const unknown = await refusal(create(client, 'GStreamerFilter', { mediaPipeline, command: 'nosuchelement' }));
  assert.equal(unknown.message, 'GStreamer element cannot be created: no element "nosuchelement"');
});

test('positions of a player that does not play cannot be set', async (client) => {
  const player = await make(client, 'PlayerEndpoint');
  const { code, type } = await refusal(call(player, 'setPosition', 1000));
  assert.deepEqual({ code, type }, { code: 40700, type: 'PLAYER_SEEK_FAIL' });
});

test('tags', async (client) => {
  const element = await make(client, 'PassThrough');
  await call(element, 'addTag', 'b', 'two');
  await call(element, 'addTag', 'a', 'one');
  assert.equal(await call(element, 'getTag', 'a'), 'one');
  const tags = await call(element, 'getTags');
  assert.deepEqual(tags.map(({ key, value }) => `${key}=${value}`).sort(), ['a=one', 'b=two']);
  await call(element, 'removeTag', 'a');
  assert.deepEqual(await refusal(call(element, 'getTag', 'a')),
    { code: 40110, message: 'Tag key not found', type: 'MEDIA_OBJECT_TAG_KEY_NOT_FOUND' });
});

test('formats', async (client) => {
  const element = await make(client, 'PassThrough');
  const { AudioCaps, VideoCaps, Fraction } = Object.fromEntries(
    ['AudioCaps', 'VideoCaps', 'Fraction'].map((name) => [name, kurento.getComplexType(name)]));
  await call(element, 'setAudioFormat', AudioCaps({ codec: 'OPUS', bitrate: 64000 }));
  const framerate = Fraction({ numerator: 30, denominator: 1 });
  await call(element, 'setVideoFormat', VideoCaps({ codec: 'VP8', framerate }));
  if (version.startsWith('6.')) await call(element, 'setOutputBitrate', 400_000);
});

test('descriptions that are not there yet', async (client) => {
  const webrtc = await make(client, 'WebRtcEndpoint');
  assert.equal((await refusal(call(webrtc, 'getLocalSessionDescriptor'))).type, 'SDP_END_POINT_NO_LOCAL_SDP_ERROR');
  assert.equal((await refusal(call(webrtc, 'getRemoteSessionDescriptor'))).type, 'SDP_END_POINT_NO_REMOTE_SDP_ERROR');
  const offer = await call(webrtc, 'generateOffer');
  assert.equal(await call(webrtc, 'getLocalSessionDescriptor'), offer);
});

run();

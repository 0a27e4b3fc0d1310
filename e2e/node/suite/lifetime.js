// Lifetimes: describe, release with all that is below, and errors that keep number, words and type.

const assert = require('node:assert/strict');
const { kurento, call, connect, create, refusal, idOf, test, run } = require('./suite');

const gone = (id) => ({ code: 40101, message: `Object '${id}' not found`, type: 'MEDIA_OBJECT_NOT_FOUND' });

async function family(client) {
  const pipeline = await create(client, 'MediaPipeline');
  const params = { mediaPipeline: pipeline };
  const children = [await create(client, 'PassThrough', params), await create(client, 'WebRtcEndpoint', params)];
  return { pipeline, children };
}

test('describe makes the right class of an id', async (client) => {
  const { pipeline, children } = await family(client);
  const other = await connect();
  for (const [object, type] of [[pipeline, 'MediaPipeline'], [children[0], 'PassThrough'], [children[1], 'WebRtcEndpoint']]) {
    const same = await other.getMediaobjectById(object.id);
    assert.equal(same.constructor, kurento.register.classes[type]); // what the client returns is a copy of its object
    assert.equal(await call(same, 'getName'), object.id);
  }
  other.close();
});

test('describe of several ids', async (client) => {
  const { children } = await family(client);
  const other = await connect();
  const found = await other.getMediaobjectById(children.map(idOf));
  assert.deepEqual(found.map(idOf), children.map(idOf));
  other.close();
});

test('children and parents', async (client) => {
  const { pipeline, children } = await family(client);
  assert.deepEqual((await call(pipeline, 'getChildren')).map(idOf).sort(), children.map(idOf).sort());
  for (const child of children) {
    assert.equal(idOf(await call(child, 'getParent')), pipeline.id);
    assert.equal(idOf(await call(child, 'getMediaPipeline')), pipeline.id);
  }
});

test('releasing a pipeline releases what is in it', async (client) => {
  const { pipeline, children } = await family(client);
  await call(pipeline, 'release');
  for (const { id } of [pipeline, ...children]) assert.deepEqual(await refusal(client.getMediaobjectById(id)), gone(id));
});

test('releasing an element leaves the others', async (client) => {
  const { pipeline, children: [first, second] } = await family(client);
  await call(first, 'connect', second);
  await call(first, 'release');
  assert.deepEqual(await refusal(call(first, 'getName')), gone(first.id));
  assert.deepEqual((await call(pipeline, 'getChildren')).map(idOf), [second.id]);
  assert.deepEqual(await call(second, 'getSourceConnections'), []);
});

test('releasing twice is no error', async (client) => {
  const { children: [first] } = await family(client);
  await call(first, 'release');
  await call(first, 'release');
});

test('what one client releases is gone for another', async (client) => {
  const { pipeline } = await family(client);
  const other = await connect();
  const same = await other.getMediaobjectById(pipeline.id);
  await call(same, 'release');
  assert.deepEqual(await refusal(call(pipeline, 'getName')), gone(pipeline.id));
  other.close();
});

test('by promise', async (client) => {
  const { pipeline } = await family(client);
  await pipeline.release();
  assert.deepEqual(await refusal(client.getMediaobjectById(pipeline.id)), gone(pipeline.id));
});

test('errors keep number, words and type', async (client) => {
  const { pipeline, children: [element, webrtc] } = await family(client);
  const candidate = kurento.getComplexType('IceCandidate')({
    candidate: 'candidate:1 1 UDP 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0,
  });
  for (const [what, attempt, wanted] of [
    ['an unknown id', client.getMediaobjectById('nobody'), gone('nobody')],
    ['a class that cannot be created', create(client, 'SessionEndpoint', { mediaPipeline: pipeline }),
      { code: 40108, message: "Factory 'SessionEndpoint' not found", type: 'MEDIA_OBJECT_NOT_AVAILABLE' }],
    ['an unknown kind of media', call(element, 'connect', webrtc, 'SMELL'),
      { code: 40001, message: "Invalid value for 'MediaType'", type: 'MARSHALL_ERROR' }],
    ['no SDP', call(webrtc, 'processOffer', 'hello'), { code: 40201, type: 'SDP_PARSE_ERROR' }],
    ['an answer to nothing', call(webrtc, 'processAnswer', 'v=0\r\n'),
      { code: 40209, type: 'SDP_END_POINT_NOT_OFFER_GENERATED' }],
    ['a data channel that was not negotiated', call(webrtc, 'closeDataChannel', 1),
      { code: 40111, message: 'Data channels are not supported', type: 'MEDIA_OBJECT_OPERATION_NOT_SUPPORTED' }],
  ]) {
    const { code, message, type } = await refusal(attempt);
    assert.deepEqual({ code, message: wanted.message ?? message, type }, { ...wanted, message }, what);
  }
  await call(webrtc, 'addIceCandidate', candidate); // the connection works as before
});

run();

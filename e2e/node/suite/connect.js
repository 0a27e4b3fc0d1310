// Links between elements: all kinds of media or one, with descriptions, chains, and what the server says of them.

const assert = require('node:assert/strict');
const { call, create, refusal, idOf, test, run } = require('./suite');

// elements makes some PassThroughs in one pipeline.
async function elements(client, n) {
  const mediaPipeline = await create(client, 'MediaPipeline');
  return Promise.all(Array.from({ length: n }, () => create(client, 'PassThrough', { mediaPipeline })));
}

const kinds = (links) => links.map(({ type }) => type).sort();
const all = ['AUDIO', 'DATA', 'VIDEO'];
const sinks = (element, ...args) => call(element, 'getSinkConnections', ...args);
const sources = (element, ...args) => call(element, 'getSourceConnections', ...args);

test('every kind of media', async (client) => {
  const [a, b] = await elements(client, 2);
  await call(a, 'connect', b);
  const links = await sinks(a);
  assert.deepEqual(kinds(links), all);
  for (const link of links) {
    assert.deepEqual([idOf(link.source), idOf(link.sink)], [a.id, b.id]);
    assert.deepEqual([link.sourceDescription, link.sinkDescription], ['default', 'default']);
  }
  assert.deepEqual(kinds(await sources(b)), all);
  assert.deepEqual([await sources(a), await sinks(b)], [[], []]);
  await call(a, 'disconnect', b);
  assert.deepEqual([await sinks(a), await sources(b)], [[], []]);
});

for (const kind of all) {
  test(`${kind} only`, async (client) => {
    const [a, b] = await elements(client, 2);
    await call(a, 'connect', b, kind);
    assert.deepEqual(kinds(await sinks(a)), [kind]);
    assert.deepEqual(kinds(await sinks(a, kind)), [kind]);
    for (const other of all.filter((k) => k !== kind)) assert.deepEqual(await sources(b, other), []);
    for (const other of all.filter((k) => k !== kind)) await call(a, 'disconnect', b, other); // was not connected: no error
    assert.deepEqual(kinds(await sinks(a)), [kind]);
    await call(a, 'disconnect', b, kind);
    assert.deepEqual(await sinks(a), []);
  });
}

test('one of three kinds is disconnected', async (client) => {
  const [a, b] = await elements(client, 2);
  await call(a, 'connect', b);
  await call(a, 'disconnect', b, 'VIDEO');
  assert.deepEqual(kinds(await sinks(a)), ['AUDIO', 'DATA']);
});

test('descriptions', async (client) => {
  const [a, b] = await elements(client, 2);
  await call(a, 'connect', b, 'AUDIO', 'default', 'default');
  assert.deepEqual(kinds(await sinks(a, 'AUDIO', 'default')), ['AUDIO']);
  assert.deepEqual(await sinks(a, 'AUDIO', 'elsewhere'), []);
  assert.deepEqual(kinds(await sources(b, 'AUDIO', 'default')), ['AUDIO']);
  await call(a, 'disconnect', b, 'AUDIO', 'default', 'default');
  assert.deepEqual(await sinks(a), []);
});

test('a sink has one source of a kind, a source many sinks', async (client) => {
  const [a, b, c] = await elements(client, 3);
  await call(a, 'connect', c);
  await call(a, 'connect', b);
  assert.equal((await sinks(a)).length, 6);
  await call(b, 'connect', c, 'VIDEO'); // takes the place of a
  const links = await sources(c);
  assert.deepEqual(links.map(({ type, source }) => `${type} ${idOf(source)}`).sort(),
    [`AUDIO ${a.id}`, `DATA ${a.id}`, `VIDEO ${b.id}`]);
});

test('an element is connected to itself', async (client) => {
  const [a] = await elements(client, 1);
  await call(a, 'connect', a);
  assert.deepEqual(kinds(await sinks(a)), all);
  await call(a, 'disconnect', a);
});

test('twice is as good as once', async (client) => {
  const [a, b] = await elements(client, 2);
  await call(a, 'connect', b);
  await call(a, 'connect', b);
  assert.equal((await sinks(a)).length, 3);
  await call(a, 'disconnect', b);
  await call(a, 'disconnect', b);
  assert.deepEqual(await sinks(a), []);
});

// Of more than two elements the client takes a promise for the second one, and asks for the impossible.
test('client.connect', async (client) => {
  const [a, b] = await elements(client, 2);
  await call(client, 'connect', a, b);
  assert.deepEqual(kinds(await sinks(a)), all);
});

test('by promise', async (client) => {
  const [a, b] = await elements(client, 2);
  await a.connect(b);
  assert.equal((await a.getSinkConnections()).length, 3);
  await a.disconnect(b);
  assert.equal((await a.getSinkConnections()).length, 0);
});

test('elements of two pipelines are not connected', async (client) => {
  const [a] = await elements(client, 1);
  const [b] = await elements(client, 1);
  assert.deepEqual(await refusal(call(a, 'connect', b)),
    { code: 40004, message: 'Media elements do not share pipeline', type: 'CONNECT_ERROR' });
});

test('media does not flow through elements without a source', async (client) => {
  const [a, b] = await elements(client, 2);
  await call(a, 'connect', b);
  for (const kind of ['AUDIO', 'VIDEO']) {
    assert.equal(await call(a, 'isMediaFlowingOut', kind), false);
    assert.equal(await call(b, 'isMediaFlowingIn', kind), false);
    assert.equal(await call(a, 'isMediaTranscoding', kind), false);
  }
  assert.equal((await refusal(call(a, 'isMediaFlowingIn', 'DATA'))).code, 40107);
});

run();

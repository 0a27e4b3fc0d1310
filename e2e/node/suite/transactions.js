// Transactions: many operations in one message, which may refer to each other.
//
// Operations of a transaction that take a last optional argument need a null for the callback: without it the client takes
// the argument itself for its callback. `connect` cannot be in a transaction at all: the client forgets the transaction.

const assert = require('node:assert/strict');
const { call, create, unthenable, test, run } = require('./suite');

// outcome is what the client tells the callback of one operation in a transaction.
const outcome = (start) => new Promise((resolve) => {
  start((error, result) => resolve(error ? { refused: error.code, message: error.message } : { result }));
});
const counted = async (client) => (await call(await client.getServerManager(), 'getPipelines')).length;

test('creations and operations that refer to each other', async (client) => {
  const tx = client.beginTransaction();
  const pipeline = client.create(tx, 'MediaPipeline');
  const a = client.create(tx, 'PassThrough', { mediaPipeline: pipeline });
  const b = pipeline.create(tx, 'PassThrough');
  a.setName(tx, 'first', null);
  b.addTag(tx, 'made', 'in one go', null);
  await call(tx, 'commit');
  assert.equal(tx.commited, true);
  const [p, first, second] = [pipeline, a, b].map(unthenable);
  assert.ok(first.id.startsWith(`${p.id}/`) && second.id.startsWith(`${p.id}/`));
  assert.equal(await call(first, 'getName'), 'first');
  assert.equal(await call(second, 'getTag', 'made'), 'in one go');
});

test('by promise', async (client) => {
  const tx = client.beginTransaction();
  const pipeline = client.create(tx, 'MediaPipeline');
  pipeline.setName(tx, 'by promise', null);
  await tx.commit();
  assert.equal(await call(unthenable(pipeline), 'getName'), 'by promise');
});

test('a function is a transaction', async (client) => {
  let pipeline;
  let element;
  await new Promise((resolve, reject) => {
    client.transaction(() => {
      pipeline = client.create('MediaPipeline');
      element = pipeline.create('PassThrough');
    }, (error) => (error ? reject(error) : resolve()));
  });
  assert.ok(unthenable(element).id.startsWith(`${unthenable(pipeline).id}/`));
});

test('operations on objects that were there before, their results included', async (client) => {
  const pipeline = await create(client, 'MediaPipeline');
  const tx = pipeline.beginTransaction();
  const name = outcome((done) => { pipeline.setName(tx, 'new name', null); pipeline.getName(tx, done); });
  await call(tx, 'commit');
  assert.deepEqual(await name, { result: 'new name' });
});

test('an error in the middle: what is before stays done, what is after is not', async (client) => {
  const pipeline = await create(client, 'MediaPipeline');
  const element = await create(client, 'PassThrough', { mediaPipeline: pipeline });
  const tx = client.beginTransaction();
  const before = outcome((done) => pipeline.setName(tx, 'before', done));
  const wrong = outcome((done) => element.getTag(tx, 'no such tag', done));
  const after = outcome((done) => element.setName(tx, 'after', done));
  await call(tx, 'commit'); // the transaction itself is carried out
  assert.deepEqual(await before, { result: null });
  assert.deepEqual(await wrong, { refused: 40110, message: 'Tag key not found' });
  assert.deepEqual(await after, { refused: undefined, message: 'Command not executed in the server' });
  assert.equal(await call(pipeline, 'getName'), 'before');
  assert.equal(await call(element, 'getName'), element.id);
});

test('a class that cannot be created in the middle', async (client) => {
  const before = await counted(client);
  const tx = client.beginTransaction();
  const pipeline = client.create(tx, 'MediaPipeline');
  const refused = outcome((done) => pipeline.create(tx, 'SessionEndpoint', done));
  const after = outcome((done) => pipeline.setName(tx, 'after', done));
  await call(tx, 'commit');
  assert.deepEqual(await refused, { refused: 40108, message: "Factory 'SessionEndpoint' not found" });
  assert.equal((await after).message, 'Command not executed in the server');
  assert.equal(await counted(client), before + 1);
  await call(unthenable(pipeline), 'release');
  assert.equal(await counted(client), before);
});

test('rollback by the client sends nothing', async (client) => {
  const before = await counted(client);
  const tx = client.beginTransaction();
  const created = outcome((done) => client.create(tx, 'MediaPipeline', done));
  const error = await new Promise((resolve) => { tx.rollback(resolve); });
  assert.ok(error);
  assert.ok('refused' in await created);
  assert.equal(tx.commited, false);
  assert.equal(await counted(client), before);
});

test('use after release, within the transaction and before it', async (client) => {
  const pipeline = await create(client, 'MediaPipeline');
  const element = await create(client, 'PassThrough', { mediaPipeline: pipeline });
  const tx = client.beginTransaction();
  element.release(tx);
  const late = outcome((done) => element.getName(tx, done));
  await call(tx, 'commit');
  assert.deepEqual(await late, { refused: 40101, message: `Object '${element.id}' not found` });

  const again = client.beginTransaction();
  const later = outcome((done) => element.getName(again, done));
  await call(again, 'commit');
  assert.equal((await later).refused, 40101);
});

test('two transactions at once', async (client) => {
  const [one, two] = [client.beginTransaction(), client.beginTransaction()];
  const [a, b] = [client.create(one, 'MediaPipeline'), client.create(two, 'MediaPipeline')];
  a.setName(one, 'one', null);
  b.setName(two, 'two', null);
  await Promise.all([call(two, 'commit'), call(one, 'commit')]);
  assert.deepEqual([await call(unthenable(a), 'getName'), await call(unthenable(b), 'getName')], ['one', 'two']);
});

// The client writes neither version nor id into the operations of a transaction that is made within another, so they are
// written here.
test('a transaction within a transaction', async (client) => {
  const tx = client.beginTransaction();
  const pipeline = client.create(tx, 'MediaPipeline');
  const operation = (id, method, params) => ({ jsonrpc: '2.0', id, method, params });
  const inner = outcome((callback) => tx.push({ method: 'transaction', callback, params: { operations: [
    operation(0, 'create', { type: 'MediaPipeline' }),
    // A reference of the outer one, which is resolved first.
    operation(1, 'create', { type: 'PassThrough', constructorParams: { mediaPipeline: 'newref:0' } }),
  ] } }));
  pipeline.setName(tx, 'after it', null);
  await call(tx, 'commit');
  const [first, second] = (await inner).result.value.map(({ result }) => result.value);
  assert.match(first, /_kurento\.MediaPipeline$/);
  assert.notEqual(first, unthenable(pipeline).id);
  assert.ok(second.startsWith(`${pipeline.id}/`));
  assert.equal(await call(pipeline, 'getName'), 'after it');
});

test('an error in the inner transaction is its own', async (client) => {
  let pipeline;
  const { value } = await new Promise((resolve, reject) => {
    client.transaction(() => {
      pipeline = client.create('MediaPipeline');
      client.transaction(() => { pipeline.create('PassThrough'); }); // without version, as said
    }, (error, result) => (error ? reject(error) : resolve(result)));
  });
  assert.equal(value[1].result.value[0].error.code, -32600);
  assert.equal(await call(unthenable(pipeline), 'getName'), pipeline.id);
});

test('an empty transaction', async (client) => {
  const tx = client.beginTransaction();
  await call(tx, 'commit');
});

run();

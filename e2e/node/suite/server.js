// The server manager: what it says of the server, and the events of objects that come and go.

const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { kurento, call, connect, create, refusal, idOf, once, settled, version, test, run } = require('./suite');

const manager = (client) => client.getServerManager();

// kmdOf is the description of a module from which the client was made.
const kmdOf = (module) => JSON.parse(fs.readFileSync(
  path.join(__dirname, '..', '..', 'clients', version, 'node_modules', `kurento-client-${module}`, 'src', `${module}.kmd.json`)));

test('getInfo', async (client) => {
  const info = await call(await manager(client), 'getInfo');
  assert.deepEqual([info.type, info.capabilities], ['KMS', ['transactions']]);
  assert.match(info.version, /^\d+\.\d+\.\d+/);
  assert.deepEqual(info.modules.map(({ name }) => name).sort(), ['chroma', 'core', 'crowddetector', 'datachannelexample', 'elements', 'filters', 'markerdetector', 'platedetector', 'pointerdetector', 'videosampler']);
  for (const { version: moduleVersion, generationTime, factories } of info.modules) {
    assert.ok(moduleVersion);
    assert.ok(!Number.isNaN(Date.parse(generationTime)), generationTime);
    assert.deepEqual(factories, [...factories].sort());
  }
});

for (const module of ['core', 'elements', 'filters']) {
  test(`getKmd ${module}`, async (client) => {
    const kmd = JSON.parse(await call(await manager(client), 'getKmd', module));
    assert.equal(kmd.name, module);
    // Every class that the client knows, of whichever release it is, is described with its constructor's parameters.
    const published = kmdOf(module);
    for (const wanted of published.remoteClasses) {
      const found = kmd.remoteClasses.find(({ name }) => name === wanted.name);
      assert.ok(found, wanted.name);
      assert.equal(found.extends, wanted.extends);
      const params = (c) => (c.constructor?.params ?? []).map(({ name }) => name);
      for (const param of params(wanted)) assert.ok(params(found).includes(param), `${wanted.name}: ${param}`);
      for (const kind of ['properties', 'methods']) {
        for (const { name } of wanted[kind] ?? []) {
          assert.ok(found[kind].some((other) => other.name === name), `${wanted.name}.${name}`);
        }
      }
    }
    for (const kind of ['complexTypes', 'events']) {
      for (const { name } of published[kind] ?? []) assert.ok(kmd[kind].some((other) => other.name === name), name);
    }
  });
}

test('getKmd of a module that is not there', async (client) => {
  const { code, message } = await refusal(call(await manager(client), 'getKmd', 'nosuchmodule'));
  assert.deepEqual({ code, message }, { code: 40500, message: "Requested kmd module doesn't exist" });
});

test('getPipelines', async (client) => {
  const [a, b] = [await create(client, 'MediaPipeline'), await create(client, 'MediaPipeline')];
  const ids = async () => (await call(await manager(client), 'getPipelines')).map(idOf);
  const found = await ids();
  assert.ok(found.includes(a.id) && found.includes(b.id));
  await call(a, 'release');
  assert.ok(!(await ids()).includes(a.id));
});

test('getSessions', async (client) => {
  await create(client, 'MediaPipeline');
  const other = await connect();
  await create(other, 'MediaPipeline');
  const sessions = await call(await manager(client), 'getSessions');
  for (const { sessionId } of [client, other]) assert.ok(sessions.includes(sessionId), sessionId);
  assert.equal(new Set(sessions).size, sessions.length);
  other.close();
});

test('getMetadata, getCpuCount, getUsedMemory, getUsedCpu', async (client) => {
  const server = await manager(client);
  assert.equal(typeof await call(server, 'getMetadata'), 'string');
  assert.equal(await call(server, 'getCpuCount'), os.cpus().length);
  const memory = await call(server, 'getUsedMemory'); // KiB
  assert.ok(memory > 1000 && memory < 4_000_000, memory);
  const before = Date.now();
  const used = await call(server, 'getUsedCpu', 200);
  assert.ok(Date.now() - before >= 190, 'it watches for as long as it was told');
  assert.ok(used >= 0 && used <= 100 * os.cpus().length + 10, used);
});

test('getUsedCpu delays nobody', async (client) => {
  const server = await manager(client);
  const order = [];
  const slow = call(server, 'getUsedCpu', 1000).then(() => order.push('cpu'));
  await call(server, 'getCpuCount').then(() => order.push('count'));
  await slow;
  assert.deepEqual(order, ['count', 'cpu']);
});

test('ObjectCreated and ObjectDestroyed', async (client) => {
  const server = await manager(client);
  const created = [];
  const destroyed = [];
  server.on('ObjectCreated', ({ object }) => created.push(idOf(object)));
  server.on('ObjectDestroyed', ({ objectId }) => destroyed.push(objectId));
  await settled(server);
  const pipeline = await create(client, 'MediaPipeline');
  const first = await create(client, 'PassThrough', { mediaPipeline: pipeline });
  const second = await create(client, 'WebRtcEndpoint', { mediaPipeline: pipeline });
  const ids = [pipeline, first, second].map(idOf);
  const gone = once(server, 'ObjectDestroyed', ({ objectId }) => objectId === pipeline.id);
  await call(pipeline, 'release');
  await gone;
  const ours = (list) => list.filter((id) => ids.includes(id));
  assert.deepEqual(ours(created), ids);
  assert.deepEqual(ours(destroyed), [second.id, first.id, pipeline.id]); // children first, the youngest of them first
});

test('the manager is a media object, and not to be released', async (client) => {
  const server = await manager(client);
  assert.equal(server.id, 'manager_ServerManager');
  assert.equal(server.constructor, kurento.register.abstracts.ServerManager);
  await call(server, 'release');
  assert.match((await call(await manager(client), 'getInfo')).type, /^KMS$/);
});

run();

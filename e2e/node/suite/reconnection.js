// The connection drops, and comes back: to the same server, which knows the session still, or to one that was started anew and has
// no idea. Clients reach the servers through a relay that can cut connections.

const assert = require('node:assert/strict');
const { spawn } = require('child_process');
const { once: emitted } = require('events');
const net = require('net');
const {
  call, connect, create, refusal, once, settled, within, unthenable, url, otherUrl, program, config, test, run,
} = require('./suite');

// dial connects as soon as somebody listens.
async function dial(host, port) {
  for (;;) {
    const socket = net.connect(port, host);
    try {
      await emitted(socket, 'connect');
      return socket;
    } catch {
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  }
}

// relay listens on a port of its own and copies bytes to and from the target. It waits for a target that does not listen
// yet: the client dies of a connection that is refused.
async function relay(target) {
  const sockets = new Set();
  const self = {};
  const { hostname, port } = new URL(target);
  const server = net.createServer(async (near) => {
    const far = await dial(hostname, Number(port));
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => { sockets.delete(from); to.destroy(); });
      from.pipe(to);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  self.url = Object.assign(new URL(target), { port: server.address().port }).href;
  self.cut = () => sockets.forEach((socket) => socket.destroy());
  self.close = () => { server.close(); self.cut(); };
  return self;
}

// through runs a test with a client behind a relay.
const through = (name, body) => test(name, async (direct) => {
  const way = await relay(url);
  const client = await connect(way.url);
  try {
    await body(client, way, direct);
  } finally {
    client.close();
    way.close();
  }
});

// reconnected tells whether the client came back to the same session.
const reconnected = (client) => new Promise((resolve) => { client.once('reconnected', resolve); });

through('the session goes on', async (client, way) => {
  const pipeline = await create(client, 'MediaPipeline');
  const session = client.sessionId;
  assert.ok(session);
  await call(pipeline, 'setName', 'before');
  const back = reconnected(client);
  way.cut();
  assert.equal(await back, true);
  assert.equal(await call(pipeline, 'getName'), 'before');
  assert.equal(client.sessionId, session);
  const element = await create(client, 'PassThrough', { mediaPipeline: pipeline });
  assert.ok(element.id.startsWith(`${pipeline.id}/`));
});

through('subscriptions go on, and are not doubled', async (client, way) => {
  const mediaPipeline = await create(client, 'MediaPipeline');
  const [a, b] = [await create(client, 'PassThrough', { mediaPipeline }), await create(client, 'PassThrough', { mediaPipeline })];
  const heard = [];
  a.on('ElementConnected', ({ mediaType }) => heard.push(mediaType));
  await settled(a);
  for (let i = 0; i < 3; i++) {
    const back = reconnected(client);
    way.cut();
    assert.equal(await back, true);
  }
  await call(a, 'connect', b);
  await settled(a);
  assert.deepEqual(heard.sort(), ['AUDIO', 'DATA', 'VIDEO']);
});

through('events of the time without a connection are lost, later ones are not', async (client, way, direct) => {
  const mediaPipeline = await create(client, 'MediaPipeline');
  const [a, b] = [await create(client, 'PassThrough', { mediaPipeline }), await create(client, 'PassThrough', { mediaPipeline })];
  const event = once(a, 'ElementConnected', ({ mediaType }) => mediaType === 'VIDEO');
  await settled(a);
  const [x, y] = [unthenable(await direct.getMediaobjectById(a.id)), unthenable(await direct.getMediaobjectById(b.id))];
  const back = reconnected(client);
  way.cut();
  await call(x, 'connect', y, 'AUDIO');
  assert.equal(await back, true);
  await call(x, 'connect', y, 'VIDEO');
  assert.equal((await event).mediaType, 'VIDEO');
  assert.equal((await call(a, 'getSinkConnections')).length, 2);
});

through('objects outlive the connection', async (client, way, direct) => {
  const pipeline = await create(client, 'MediaPipeline');
  client.close();
  way.cut();
  const same = await direct.getMediaobjectById(pipeline.id);
  assert.equal(await call(same, 'getName'), pipeline.id);
});

function start() {
  const server = spawn(program, ['-f', config], { stdio: 'ignore' });
  process.once('exit', () => server.kill()); // should the test not come to its end
  return server;
}
async function stop(server) {
  const exit = emitted(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await within(exit, 'the end of the server'), [0, null]);
}

test('a server that was started anew knows nothing of the session', async () => {
  let server = start();
  const way = await relay(otherUrl);
  const client = await connect(way.url);
  try {
    const pipeline = await create(client, 'MediaPipeline');
    const session = client.sessionId;
    const back = reconnected(client);
    await stop(server);
    server = start();
    assert.equal(await back, false);
    assert.equal((await refusal(client.getMediaobjectById(pipeline.id))).code, 40101);
    const fresh = await create(client, 'MediaPipeline');
    assert.equal(await call(fresh, 'getName'), fresh.id);
    assert.equal(client.sessionId, session); // the client goes on with its old id, which is a new session there
  } finally {
    client.close();
    way.close();
    await stop(server);
  }
});

run();

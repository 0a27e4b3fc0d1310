// Walks through the control plane as a Node program does, and prints what it saw.
//
//     node --require ./no-domain.js api.js VERSION URL

const path = require('path');

const [version, url] = process.argv.slice(2);
const kurento = require(path.join(__dirname, '..', 'clients', version, 'node_modules', 'kurento-client'));

const refusal = (promise) => promise.then(
  () => ({ code: 0, message: 'not refused' }),
  ({ code, message, data }) => ({ code, message, type: data?.type }),
);

async function main() {
  const seen = {};
  const client = await kurento(url);

  const manager = await client.getServerManager();
  const { type, version: serverVersion, modules } = await manager.getInfo();
  seen.info = { type, version: serverVersion, modules: modules.map(({ name }) => name).sort() };
  const created = [];
  const destroyed = [];
  await manager.on('ObjectCreated', ({ object }) => created.push(object.id ?? object));
  await manager.on('ObjectDestroyed', ({ objectId }) => destroyed.push(objectId));

  // create, invoke, properties
  const pipeline = await client.create('MediaPipeline');
  const [first, second] = await Promise.all([pipeline.create('WebRtcEndpoint'), pipeline.create('PassThrough')]);
  await pipeline.setName('pipeline of the test');
  seen.name = await pipeline.getName();
  seen.ids = { pipeline: pipeline.id, first: first.id, second: second.id };
  await first.setMaxVideoSendBandwidth(1234);
  seen.bandwidth = await first.getMaxVideoSendBandwidth();
  seen.children = (await pipeline.getChildren()).map(({ id }) => id).sort();
  seen.offer = await first.generateOffer();

  // subscribe: connecting raises an event per kind of media
  const connected = [];
  const three = new Promise((resolve) => first.on('ElementConnected', ({ mediaType, sink }) => {
    connected.push(`${mediaType} ${sink.id ?? sink}`);
    if (connected.length === 3) resolve();
  }));
  await first.connect(second);
  await three;
  seen.connected = connected;
  seen.sinks = (await first.getSinkConnections()).map(({ type: kind }) => kind).sort();

  // a transaction: three creations and a connection that refers to them, in one message
  const transaction = client.beginTransaction();
  const other = client.create(transaction, 'MediaPipeline');
  const from = other.create(transaction, 'PassThrough');
  const to = other.create(transaction, 'PassThrough');
  from.connect(transaction, to);
  await client.endTransaction(transaction);
  const sinks = await from.getSinkConnections();
  seen.transaction = { pipeline: (await other).id, from: (await from).id, connections: sinks.length };
  await other.release();

  // errors keep their code and words
  seen.unknownObject = await refusal(client.getMediaobjectById('no-such-object'));
  const fresh = await pipeline.create('WebRtcEndpoint');
  seen.badOffer = await refusal(fresh.processOffer('not SDP'));

  // release takes the children along
  await pipeline.release();
  seen.afterRelease = await refusal(client.getMediaobjectById(seen.ids.first));
  const deadline = Date.now() + 5000;
  const gone = () => [seen.ids.pipeline, seen.ids.first, seen.ids.second].every((id) => destroyed.includes(id));
  while (!gone() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  seen.created = created;
  seen.destroyed = destroyed;
  client.close();
  return seen;
}

main().then(
  (seen) => console.log(`RESULT ${JSON.stringify(seen)}`),
  (error) => {
    console.error(error.stack ?? error);
    process.exitCode = 1;
  },
);

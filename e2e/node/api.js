// Walks through the control plane as a Node program does, and prints what it saw.
//
//     node --require ./node/no-domain.js node/api.js VERSION URL

const path = require('path');

const [version, url] = process.argv.slice(2);
const kurento = require(path.join(__dirname, '..', 'clients', version, 'node_modules', 'kurento-client'));

// The client's promises swallow errors of operations; its callbacks tell them.
const call = (object, operation, ...args) => new Promise((resolve, reject) => {
  object[operation](...args, (error, result) => (error ? reject(error) : resolve(result)));
});
const refusal = (promise) => promise.then(
  () => ({ code: 0, message: 'not refused' }),
  ({ code, message, data }) => ({ code, message, type: data?.type }),
);
const idOf = (object) => object.id ?? object; // some events carry the object, some its id

async function main() {
  const seen = {};
  // Strict mode, the default: the client refuses a server that lacks one of its modules, and tells its callback only.
  const client = await new Promise((resolve, reject) => {
    kurento(url, (error, connected) => (error ? reject(error) : resolve(connected)));
  });

  const manager = await client.getServerManager();
  const { type, version: serverVersion, modules } = await call(manager, 'getInfo');
  seen.info = { type, version: serverVersion, modules: modules.map(({ name }) => name).sort() };
  const created = [];
  const destroyed = [];
  manager.on('ObjectCreated', ({ object }) => created.push(idOf(object)));
  manager.on('ObjectDestroyed', ({ objectId }) => destroyed.push(objectId));
  await call(manager, 'getName'); // the client subscribes a little after it was told to

  // create, invoke, properties
  const pipeline = await client.create('MediaPipeline');
  const [first, second] = await Promise.all([pipeline.create('WebRtcEndpoint'), pipeline.create('PassThrough')]);
  seen.ids = { pipeline: pipeline.id, first: first.id, second: second.id };
  await call(pipeline, 'setName', 'pipeline of the test');
  seen.name = await call(pipeline, 'getName');
  await call(first, 'setMaxVideoSendBandwidth', 1234);
  seen.bandwidth = await call(first, 'getMaxVideoSendBandwidth');
  seen.children = (await call(pipeline, 'getChildren')).map(idOf).sort();
  seen.offer = await call(first, 'generateOffer');

  // subscribe: connecting raises an event per kind of media
  seen.connected = [];
  const three = new Promise((resolve) => first.on('ElementConnected', ({ mediaType, sink }) => {
    seen.connected.push(`${mediaType} ${idOf(sink)}`);
    if (seen.connected.length === 3) resolve();
  }));
  await call(first, 'connect', second);
  await three;
  seen.sinks = (await call(first, 'getSinkConnections')).map(({ type: kind }) => kind).sort();

  // a transaction: two creations and an operation that refer to each other, in one message
  const transaction = client.beginTransaction();
  const other = client.create(transaction, 'MediaPipeline');
  const child = other.create(transaction, 'PassThrough');
  child.setName(transaction, 'made in one go', null); // without the null the client takes the name for its callback
  await call(transaction, 'commit');
  seen.transaction = { pipeline: (await other).id, child: (await child).id, name: await call(await child, 'getName') };
  await call(await other, 'release');

  // errors keep their code and words
  seen.unknownObject = await refusal(client.getMediaobjectById('no-such-object'));
  seen.badOffer = await refusal(call(await pipeline.create('WebRtcEndpoint'), 'processOffer', 'not SDP'));

  // release takes the children along
  await call(pipeline, 'release');
  seen.afterRelease = await refusal(client.getMediaobjectById(seen.ids.first));
  const deadline = Date.now() + 5000;
  const gone = () => Object.values(seen.ids).every((id) => destroyed.includes(id));
  while (!gone() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  client.close();
  return { ...seen, created, destroyed };
}

main().then(
  (seen) => {
    console.log(`RESULT ${JSON.stringify(seen)}`);
    process.exit(0); // timers of the client would keep Node alive for 20 s
  },
  (error) => {
    console.error(error.stack ?? error);
    process.exit(1);
  },
);

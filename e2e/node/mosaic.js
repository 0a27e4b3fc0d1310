// Calls a filter that is in examples/custom-filter only, as that folder says, and prints what it saw.
//
//     node --require ./node/no-domain.js node/mosaic.js VERSION URL FILE

const path = require('path');

const [version, url, file] = process.argv.slice(2);
const kurento = require(path.join(__dirname, '..', 'clients', version, 'node_modules', 'kurento-client'));

const call = (object, operation, ...args) => new Promise((resolve, reject) => {
  object[operation](...args, (error, result) => (error ? reject(error) : resolve(result)));
});
const refusal = (promise) => promise.then(() => 'not refused', ({ code, message }) => `${code} ${message}`);
const unthenable = (object) => Object.defineProperty(object, 'then', { value: undefined, configurable: true });
const create = (creator, type, params = {}) => new Promise((resolve, reject) => {
  creator.create(type, params, (error, object) => (error ? reject(error) : resolve(unthenable(object))));
});
const connect = () => new Promise((resolve, reject) => {
  kurento(url, (error, client) => (error ? reject(error) : resolve(unthenable(client))));
});

async function main() {
  const seen = {};

  require('../../examples/custom-filter/mosaic.js')(kurento);
  const client = await connect();
  const { modules } = await call(await client.getServerManager(), 'getInfo');
  seen.module = modules.find(({ name }) => name === 'example').factories;
  const pipeline = await create(client, 'MediaPipeline');
  const player = await create(pipeline, 'PlayerEndpoint', { uri: `file://${file}` });
  const mosaic = await create(pipeline, 'example.Mosaic');
  const recorder = await create(pipeline, 'RecorderEndpoint', { uri: `file://${file}.mosaic.webm`, mediaProfile: 'WEBM_VIDEO_ONLY' });
  seen.id = mosaic.id;
  seen.sizes = [await call(mosaic, 'getBlockSize')];
  await call(mosaic, 'setBlockSize', 64);
  seen.sizes.push(await call(mosaic, 'getBlockSize'));
  // An operation that there is no method for.
  const invoke = (operation, params) => new Promise((resolve, reject) => {
    mosaic._invoke(undefined, operation, params, (error, result) => (error ? reject(error) : resolve(result)));
  });
  await invoke('setBlockSize', { blockSize: 32 });
  seen.sizes.push(await invoke('getBlockSize', {}));
  seen.refused = await refusal(call(mosaic, 'setBlockSize', 7));
  seen.unknown = await refusal(invoke('setColour', { colour: 'red' }));
  seen.unmade = await refusal(create(pipeline, 'example.Mosaic', { blockSize: 1 }));
  seen.covered = [];
  mosaic.on('CameraCovered', ({ covered }) => seen.covered.push(covered));
  await call(mosaic, 'getName'); // the client subscribes a little after it was told to
  await call(player, 'connect', mosaic);
  await call(mosaic, 'connect', recorder);
  await call(recorder, 'record');
  const over = new Promise((resolve) => player.on('EndOfStream', resolve));
  await call(player, 'play');
  await over;
  await call(recorder, 'stopAndWait');
  await call(pipeline, 'release');
  client.close();
  console.log(`RESULT ${JSON.stringify(seen)}`);
}

main().catch((error) => {
  console.error(error.stack ?? error);
  process.exit(1);
});

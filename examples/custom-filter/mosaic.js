// What clients need of example.Mosaic, in the form in which the client has its own classes. `new` is never called directly:
// pipeline.create('example.Mosaic', { blockSize: 32 }) does it.
module.exports = (kurento) => {
  const { Filter } = kurento.register.abstracts;

  class Mosaic extends Filter {
    getBlockSize(callback) {
      return this._invoke(undefined, 'getBlockSize', callback);
    }

    setBlockSize(blockSize, callback) {
      return this._invoke(undefined, 'setBlockSize', { blockSize }, callback);
    }
  }
  Mosaic.constructorParams = { mediaPipeline: { type: 'kurento.MediaPipeline', required: true }, blockSize: { type: 'int' } };
  Mosaic.events = [...Filter.events, 'CameraCovered'];

  kurento.register('example', { Mosaic });
};

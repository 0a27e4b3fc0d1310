// The promises of kurento-client swallow errors: called without a callback, an operation that is refused logs the error and
// resolves to undefined. With a callback it tells. So every operation of this page goes through call.

export function call(object, operation, ...args) {
  return new Promise((resolve, reject) => {
    object[operation](...args, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

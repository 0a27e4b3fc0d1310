// Required before kurento-client: its transactions throw on Node ≥ 10 ("Class constructor Domain cannot be invoked without
// 'new'"), with any server. Without the module `domain` it takes the replacement that browsers use.

const Module = require('module');

const load = Module._load;
Module._load = (request, ...rest) => (request === 'domain' ? {} : load(request, ...rest));

// Builds the browser edition of a published kurento-client: the same as `browserify -r kurento-client:kurento-client`,
// with a list of the packages in it and their licences beside it.
//
//     node bundle.js CLIENT_DIR OUT_DIR
//
// CLIENT_DIR holds node_modules/kurento-client. Written: kurento-client.js, kurento-client.LICENSES.txt, kurento-client.VERSION.

const fs = require('fs');
const path = require('path');
const browserify = require('browserify');

const [clientDir, outDir] = process.argv.slice(2).map((p) => path.resolve(p));
const readJSON = (...parts) => JSON.parse(fs.readFileSync(path.join(...parts), 'utf8'));

function packageOf(file) {
  let dir = path.dirname(file);
  // Some packages have nameless package.json files in subfolders.
  while (!fs.existsSync(path.join(dir, 'package.json')) || !readJSON(dir, 'package.json').name) dir = path.dirname(dir);
  return { dir, ...readJSON(dir, 'package.json') };
}

// package.json spells a licence in three ways, and "ALv2" is Kurento's name for the Apache License 2.0.
function licenceName(licence) {
  if (Array.isArray(licence)) return licence.map(licenceName).join(' or ');
  if (licence === 'ALv2') return 'Apache-2.0';
  return licence?.type ?? licence ?? 'see below';
}

function licenceText({ dir, author }) {
  const read = (pattern) => {
    const name = fs.readdirSync(dir).find((entry) => pattern.test(entry));
    return name ? fs.readFileSync(path.join(dir, name), 'utf8') : '';
  };
  const [, section] = read(/^readme(\.\w+)?$/i).match(/^#+\s*licen[cs]e\s*$(.*?)(?=^#|(?![^]))/ims) ?? [];
  const text = (read(/^licen[cs]e/i) || section || '').trim();
  return text || `The package has no licence file. Author: ${author?.name ?? author ?? 'not named'}.`;
}

function notices(files) {
  const packages = new Map();
  for (const file of files) {
    const p = packageOf(file);
    packages.set(`${p.name}@${p.version}`, p);
  }
  return [...packages.keys()].sort().map((key) => {
    const p = packages.get(key);
    return `${'-'.repeat(80)}\n${key}\nLicence: ${licenceName(p.license ?? p.licenses)}\n\n${licenceText(p)}\n`;
  }).join('\n');
}

const files = new Set();
const bundler = browserify({ basedir: clientDir });
bundler.require('kurento-client', { expose: 'kurento-client' });
bundler.pipeline.get('deps').on('data', ({ file }) => path.isAbsolute(file) && files.add(file));
bundler.bundle((err, code) => {
  if (err) throw err;
  const { version: client } = readJSON(clientDir, 'node_modules/kurento-client/package.json');
  const { version: bundlerVersion } = readJSON(__dirname, 'node_modules/browserify/package.json');
  const write = (ending, content) => fs.writeFileSync(path.join(outDir, `kurento-client.${ending}`), content);
  fs.mkdirSync(outDir, { recursive: true });
  write('js', code);
  write('LICENSES.txt', notices(files));
  write('VERSION', `kurento-client ${client} from npm, unmodified, built by ` +
    `browserify ${bundlerVersion} -r kurento-client:kurento-client\n`);
});

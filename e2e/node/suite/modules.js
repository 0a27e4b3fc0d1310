// The modules beside the server, through the packages that npm has for them in the release of the client.

const assert = require('node:assert/strict');
const fs = require('fs');
const path = require('path');
const { kurento, call, create, refusal, version, test, run } = require('./suite');

const packages = path.join(__dirname, '..', '..', 'clients', version, 'node_modules');
const prefix = 'kurento-module-';
const published = fs.readdirSync(packages).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));

const complex = (name, members) => kurento.getComplexType(name)(members);

// classes has the constructors' parameters of the classes of each module, beside the pipeline, and what can be done with an object.
const classes = {
  chroma: {
    ChromaFilter: {
      params: () => ({ window: complex('chroma.WindowParam', { topRightCornerX: 5, topRightCornerY: 5, width: 30, height: 30 }) }),
      use: async (filter) => {
        await call(filter, 'unsetBackground');
        const { code, message } = await refusal(call(filter, 'setBackground', '/nowhere.png'));
        assert.equal(code, 40107);
        assert.match(message, /\/nowhere\.png/);
      },
    },
  },
  crowddetector: {
    CrowdDetectorFilter: {
      params: () => ({ rois: [regionOf('roi1')] }),
      use: async (filter) => {
        assert.equal(await call(filter, 'getProcessingWidth'), 320);
        await call(filter, 'setProcessingWidth', 240);
        assert.equal(await call(filter, 'getProcessingWidth'), 240);
        assert.equal((await refusal(call(filter, 'setProcessingWidth', 0))).code, 40107);
      },
    },
  },
  datachannelexample: { KmsDetectFaces: {}, KmsSendData: {}, KmsShowData: {}, KmsShowFaces: {} },
  markerdetector: {
    ArMarkerdetector: {
      use: async (filter) => {
        for (const [name, value] of [['ShowDebugLevel', 2], ['OverlayText', 'a text'], ['OverlayScale', 1.5], ['OverlayImage', '']]) {
          await call(filter, `set${name}`, value);
          assert.equal(await call(filter, `get${name}`), value, name);
        }
        assert.equal((await refusal(call(filter, 'setOverlayImage', '/nowhere.png'))).code, 40107);
      },
    },
  },
  platedetector: {
    PlateDetectorFilter: {
      use: async (filter) => {
        await call(filter, 'setPlateWidthPercentage', 0.3);
        assert.equal((await refusal(call(filter, 'setPlateWidthPercentage', 2))).code, 40107);
      },
    },
  },
  pointerdetector: {
    PointerDetectorFilter: {
      params: () => ({ calibrationRegion: complex('pointerdetector.WindowParam', region), windows: [windowOf('first')] }),
      use: async (filter) => {
        await call(filter, 'addWindow', windowOf('second'));
        await call(filter, 'removeWindow', 'first');
        await call(filter, 'trackColorFromCalibrationRegion');
        await call(filter, 'clearWindows');
      },
    },
  },
};

const region = { topRightCornerX: 5, topRightCornerY: 5, width: 50, height: 50 };
const windowOf = (id) => complex('pointerdetector.PointerDetectorWindowMediaParam', {
  id, height: 50, width: 50, upperRightX: 200, upperRightY: 20, imageTransparency: 0.5,
});

const regionOf = (id) => complex('crowddetector.RegionOfInterest', {
  id,
  points: [[0, 0], [1, 0], [1, 1]].map(([x, y]) => complex('crowddetector.RelativePoint', { x, y })),
  regionOfInterestConfig: complex('crowddetector.RegionOfInterestConfig', { occupancyLevelMin: 20, sendOpticalFlowEvent: true }),
});

// here are the modules of the tables above that there is a package for.
const here = published.filter((name) => name in classes);
for (const module of here) kurento.register(require(path.join(packages, prefix + module)));

test('the server has the modules of the table above', async (client) => {
  const { modules } = await call(await client.getServerManager(), 'getInfo');
  for (const module of here) {
    const found = modules.find(({ name }) => name === module);
    assert.deepEqual(found?.factories, Object.keys(classes[module]).sort(), module);
  }
});

for (const module of here) {
  test(`getKmd ${module} tells what the client was made from`, async (client) => {
    const file = path.join(packages, prefix + module, 'src', `${module}.kmd.json`);
    const wanted = JSON.parse(fs.readFileSync(file));
    const kmd = JSON.parse(await call(await client.getServerManager(), 'getKmd', module));
    const names = (items) => (items ?? []).map(({ name }) => name).sort();
    assert.deepEqual(names(kmd.remoteClasses), names(wanted.remoteClasses));
    assert.deepEqual(names(kmd.events), names(wanted.events));
    assert.deepEqual(names(kmd.complexTypes), names(wanted.complexTypes));
    for (const c of wanted.remoteClasses) {
      const found = kmd.remoteClasses.find(({ name }) => name === c.name);
      assert.deepEqual(names(found.constructor.params), names(c.constructor.params));
      assert.deepEqual(names(found.methods).concat(names(found.properties)), names(c.methods).concat(names(c.properties)));
    }
  });

  for (const [type, { params, use }] of Object.entries(classes[module])) {
    for (const name of [type, `${module}.${type}`]) {
      test(`create ${name}`, async (client) => {
        const mediaPipeline = await create(client, 'MediaPipeline');
        const object = await create(client, name, { mediaPipeline, ...params?.() });
        assert.ok(object instanceof kurento.register.classes[`${module}.${type}`]);
        assert.ok(object.id.endsWith(`_${module}.${type}`), object.id);
        await use?.(object, client);
        await call(object, 'release');
      });
    }
  }
}

run();

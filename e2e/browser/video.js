// Opens a page and waits until its first video element plays.
//
//     node video.js JSON     {chromium, url}

const { withPage } = require('./chromium');

const { chromium, url } = JSON.parse(process.argv[2]);

async function watch(page) {
  await page.goto(url);
  const playing = await page.waitForFunction(() => {
    const video = document.querySelector('video');
    return video?.videoWidth > 0 && video.currentTime > 1 && { width: video.videoWidth, height: video.videoHeight };
  }, null, { timeout: 20000 });
  return playing.jsonValue();
}

withPage(watch, { executablePath: chromium }).then(
  (result) => console.log(`RESULT ${JSON.stringify(result)}`),
  (error) => {
    console.error(error.stack);
    process.exitCode = 1;
  },
);

// A code before the camera is told to the client.

import { framesDecoded, until } from './lib.js';
import { filtered } from './filtered.js';

export async function run({ ws, times }) {
  const found = [];
  const { peer, close } = await filtered(ws, 'ZBarFilter', (filter) => filter.on('CodeFound', ({ codeType, value, timestampMillis }) => {
    found.push({ codeType, value, time: Number(timestampMillis) });
  }));
  await until('the code', () => found.length >= times);
  await until('pictures', async () => (await framesDecoded(peer)) >= 30);
  await window.screenshot('zbar');
  const frames = await framesDecoded(peer);
  await close();
  return { found, frames };
}

// Takes one call with the package asterisk-audiosocket, and says what it read of it.
//
//     node audiosocket.mjs FOLDER
//
// FOLDER holds the node_modules. The first line that is written is the port, the second what was read, as JSON.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const module = resolve(process.argv[2], 'node_modules/asterisk-audiosocket/dist/index.js');
const { AudioSocketServer } = await import(pathToFileURL(module));

const server = new AudioSocketServer({ port: 0 });
server.on('connection', (call) => {
  const [ids, frames, errors] = [[], [], []];
  call.on('id', (id) => ids.push(id));
  call.on('audio', (pcm) => frames.push(pcm));
  call.on('error', (error) => errors.push(String(error)));
  call.on('hangup', () => {
    const lengths = frames.map((pcm) => pcm.length);
    console.log(JSON.stringify({ ids, errors, lengths, sound: Buffer.concat(frames).toString('base64') }));
    server.close();
  });
});
await server.listen();
console.log(server.address.port);

/** RxDB's signaling server as a process of its own, since it writes to the console: `PORT=8080 node rxdb-signaling.main.js` */
import { startSignalingServerSimplePeer } from 'rxdb/plugins/replication-webrtc';

await startSignalingServerSimplePeer({ port: Number(process.env['PORT']), host: '127.0.0.1' });
console.log('listening');

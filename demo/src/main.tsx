import { render } from 'preact';
import { App } from './components/app.tsx';
import { allowOnly } from './connections.ts';
import { signalingUrl } from './database.ts';
import './style.css';

allowOnly(signalingUrl());
const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no element #app');
render(<App />, root);

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register('./sw.js').catch(reportError);
}

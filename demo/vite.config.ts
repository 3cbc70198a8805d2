import { defineConfig, loadEnv } from 'vite';
import { contentSecurityPolicy } from './build/content-security-policy.ts';
import { serviceWorker } from './build/service-worker.ts';

export default defineConfig(({ mode }) => {
  const named = loadEnv(mode, import.meta.dirname)['VITE_SIGNALING_URLS'] ?? '';
  const signaling = named.split(/\s+/).filter((url) => URL.canParse(url));
  return {
    // The built page may be served from any folder.
    base: './',
    plugins: [contentSecurityPolicy(signaling), serviceWorker(import.meta.dirname)],
    build: { target: 'es2023', modulePreload: { polyfill: false } },
  };
});

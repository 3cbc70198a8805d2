import { defineConfig } from 'vite';
import { contentSecurityPolicy } from './build/content-security-policy.ts';
import { offlineShell } from './build/offline-shell.ts';

export default defineConfig({
  // The built page may be served from any folder.
  base: './',
  plugins: [contentSecurityPolicy(), offlineShell()],
  build: { target: 'es2022', modulePreload: { polyfill: false } },
});

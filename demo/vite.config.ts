import { join } from 'node:path';
import { defineConfig, loadEnv } from 'vite';
import { contentSecurityPolicy } from './build/content-security-policy.ts';
import { countriesModule } from './build/countries.ts';
import { serviceWorker } from './build/service-worker.ts';

const root = import.meta.dirname;

export default defineConfig(({ mode }) => {
  const named = loadEnv(mode, root)['VITE_SIGNALING_URLS'] ?? '';
  const signaling = named.split(/\s+/).filter((url) => URL.canParse(url));
  // What every view needs is one file, and not one for each operator.
  const codeSplitting = {
    groups: [{ name: 'base', test: /node_modules\/(preact|rxjs)\// }],
  };
  const input = { boards: join(root, 'index.html'), minimal: join(root, 'minimal', 'index.html') };
  return {
    // The built page may be served from any folder.
    base: './',
    plugins: [countriesModule(), contentSecurityPolicy(signaling), serviceWorker(root)],
    build: {
      target: 'es2023',
      modulePreload: { polyfill: false },
      rolldownOptions: { input, output: { codeSplitting } },
    },
  };
});

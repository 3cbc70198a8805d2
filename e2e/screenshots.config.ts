/** `npm run screenshots`: pictures of each view of the demo, for the README. */
import { defineConfig } from '@playwright/test';
import tests from './playwright.config.ts';

export default defineConfig({ ...tests, testDir: './screenshots' });

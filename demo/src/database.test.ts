/** The part of the demo that is RxDB and its sync: the README shows it, and here it runs on two devices. */
import '@rxdb-p2p/testkit/browser-in-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTopicSecret } from 'rxdb-p2p';
import { createSignalingServer } from 'rxdb-p2p-signaling';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DeviceDatabase, openDevice, openNotes, syncNotes } from './database.ts';
import type { Board, Note } from './schemas.ts';

const DEMO = join(import.meta.dirname, '..');
const README = readFileSync(join(DEMO, '..', 'README.md'), 'utf8');

describe('the demo’s database.ts', () => {
  it('is shown in the README as it is, and short', () => {
    const file = readFileSync(join(DEMO, 'src', 'database.ts'), 'utf8');
    expect(README).toContain(`\`\`\`ts demo/src/database.ts\n${file}\`\`\``);
    expect(file.split('\n').length).toBeLessThan(60);
  });

  it('keeps the notes of a board the same on two devices, encrypted under two passwords', async () => {
    const server = await createSignalingServer({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => server.close());
    const board: Board = {
      ...{ id: '0123456789abcdef', topic: 'ab'.repeat(16), secret: createTopicSecret(), signaling: server.url },
      ...{ title: 'Home', open: true, addedAt: 0, seen: {} },
    };
    const device = async (password: string | Uint8Array, name: string) => {
      const db: DeviceDatabase = await openDevice(password, name);
      onTestFinished(() => db.close().then(() => undefined));
      const notes = await openNotes(db, board);
      return { notes, pool: await syncNotes(notes, board) };
    };
    const a = await device('a password of the one', `a-${process.pid}`);
    const b = await device(crypto.getRandomValues(new Uint8Array(32)), `b-${process.pid}`);
    const note: Note = {
      ...{ id: 'milk', kind: 'note', parent: 'groceries', text: 'Milk', detail: '', done: false, order: 'a0', by: 'a' },
    };
    await a.notes.insert(note);
    await a.pool.inSync();
    await b.pool.inSync();
    expect((await b.notes.findOne('milk').exec())?.toJSON()).toEqual(note);
  });
});

it('the minimal example takes less than 40 lines, with its page', () => {
  const files = ['index.html', 'main.ts'].map((name) => readFileSync(join(DEMO, 'minimal', name), 'utf8'));
  expect(files.join('').trimEnd().split('\n').length).toBeLessThan(40);
});

import { addRxPlugin, createRxDatabase } from 'rxdb';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { RxDBP2PPlugin } from 'rxdb-p2p';

addRxPlugin(RxDBP2PPlugin);
const db = await createRxDatabase({ name: 'todos', storage: getRxStorageDexie() });
const properties = { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } } as const;
const schema = { version: 0, primaryKey: 'id', type: 'object', properties, required: ['id', 'text'] } as const;
const { todos } = await db.addCollections({ todos: { schema } });

const [form, list, status] = ['form', 'ul', 'p'].map((name) => document.querySelector(name) as HTMLElement);
const item = (textContent: string): Element => Object.assign(document.createElement('li'), { textContent });
todos.find().$.subscribe((docs) => list?.replaceChildren(...docs.map(({ text }) => item(text))));
form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const input = form.querySelector('input') as HTMLInputElement;
  await todos.insert({ id: crypto.randomUUID(), text: input.value });
  input.value = '';
});

const pool = await todos.syncP2P(location.hash.slice(1) || 'todos');
pool.status$.subscribe(({ phase }) => status?.replaceChildren(phase));

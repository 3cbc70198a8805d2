/** What is stored: the boards of this device, and on every board its notes. */
import type { RxJsonSchema } from 'rxdb';

/** A board that this device has; kept on this device alone. */
export interface Board {
  /** The same on all devices, made from the topic, and no secret. */
  readonly id: string;
  /** Under this name the devices of the board look for each other. */
  readonly topic: string;
  /** Made by `createTopicSecret`: whoever has it is on the board. */
  readonly secret: string;
  readonly signaling: string;
  readonly title: string;
  /** Whether it is kept open and in sync; others are put away. */
  readonly open: boolean;
  /** Milliseconds since 1970; also their order. */
  readonly addedAt: number;
  /** When other devices last held the same, as this one saw it: replica id to milliseconds since 1970. */
  readonly seen: Readonly<Record<string, number>>;
}

export interface DeviceSettings {
  /** Always `device`. */
  readonly id: string;
  /** What its notes are signed with. */
  readonly writer: string;
  /** For people, such as “Anna’s phone”. */
  readonly name: string;
}

/** Everything on a board is a note of some kind. */
export interface Note {
  readonly id: string;
  readonly kind: 'board' | 'device' | 'list' | 'note';
  /** The list that a note is on; of a device its replica id. */
  readonly parent: string;
  /** What it says; of a board, list or device its name. */
  readonly text: string;
  readonly detail: string;
  readonly done: boolean;
  /** A key between those of its neighbours. */
  readonly order: string;
  /** Which device wrote it last. */
  readonly by: string;
}

export const TITLE_CHARACTERS = 80;
export const TEXT_CHARACTERS = 500;
export const DETAIL_CHARACTERS = 4000;

/** The one document of a board that has its title. */
export const BOARD_ID = 'board';

const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;

export const boardSchema: RxJsonSchema<Board> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: text(16),
    topic: text(64),
    secret: text(64),
    signaling: text(500),
    title: text(TITLE_CHARACTERS),
    open: { type: 'boolean' },
    addedAt: { type: 'integer' },
    seen: { type: 'object', additionalProperties: { type: 'integer' } },
  },
  required: ['id', 'topic', 'secret', 'signaling', 'title', 'open', 'addedAt', 'seen'],
  encrypted: ['topic', 'secret', 'signaling', 'title', 'open', 'addedAt', 'seen'],
};

export const deviceSchema: RxJsonSchema<DeviceSettings> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: text(16), writer: text(32), name: text(TITLE_CHARACTERS) },
  required: ['id', 'writer', 'name'],
  encrypted: ['writer', 'name'],
};

export const noteSchema: RxJsonSchema<Note> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: text(40),
    kind: { type: 'string', enum: ['board', 'device', 'list', 'note'] },
    parent: text(64),
    text: text(TEXT_CHARACTERS),
    detail: text(DETAIL_CHARACTERS),
    done: { type: 'boolean' },
    order: text(200),
    by: text(32),
  },
  required: ['id', 'kind', 'parent', 'text', 'detail', 'done', 'order', 'by'],
  encrypted: ['kind', 'parent', 'text', 'detail', 'done', 'order', 'by'],
};

import {
  encodeFrame,
  type Frame,
  MAX_WAITING_MESSAGES,
  type P2PError,
  splitIntoMessages,
  WORK_BURST,
} from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import { createIntake, type Intake } from './intake.ts';
import type { Timers } from './timers.ts';

const PING: Frame = { type: 'ping', token: 7 };
const messageOf = (frame: Frame): Uint8Array => splitIntoMessages(encodeFrame(frame), 65_536)[0] as Uint8Array;

interface Rig {
  readonly intake: Intake;
  readonly frames: Frame[];
  readonly errors: P2PError[];
  heard: number;
  unread: number;
  /** Lets time pass. */
  pass(ms: number): void;
}

function createRig(): Rig {
  let now = 0;
  const due: { at: number; run: () => void }[] = [];
  const timers: Timers = {
    now: () => now,
    random: () => 0.5,
    after(ms, run) {
      const entry = { at: now + ms, run };
      due.push(entry);
      return () => {
        const index = due.indexOf(entry);
        if (index >= 0) due.splice(index, 1);
      };
    },
  };
  const frames: Frame[] = [];
  const errors: P2PError[] = [];
  const rig = { frames, errors, heard: 0, unread: 0 };
  const intake = createIntake({
    timers,
    frame: (frame) => frames.push(frame),
    heard: () => rig.heard++,
    refuse(error) {
      errors.push(error);
      intake.close();
    },
    unread: () => rig.unread,
  });
  return Object.assign(rig, {
    intake,
    pass(ms: number) {
      const end = now + ms;
      for (;;) {
        due.sort((a, b) => a.at - b.at);
        const next = due[0];
        if (next === undefined || next.at > end) break;
        due.shift();
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  });
}

describe('what comes in', () => {
  it('[CONN-20] is heard at once within the budget, later beyond it, and all of it in order', () => {
    const rig = createRig();
    const count = 3_000;
    for (let token = 0; token < count; token++) rig.intake.push(messageOf({ type: 'ping', token }));
    const atOnce = rig.frames.length;
    expect(atOnce).toBeGreaterThan(100);
    expect(atOnce).toBeLessThan(WORK_BURST / 4_096 + 2);
    rig.pass(1_000);
    expect(rig.frames.length - atOnce).toBeGreaterThan(800);
    expect(rig.frames.length - atOnce).toBeLessThan(1_100);
    rig.pass(5_000);
    expect(rig.frames).toStrictEqual(Array.from({ length: count }, (_, token) => ({ type: 'ping', token })));
    expect(rig.heard).toBe(count - atOnce);
    expect(rig.errors).toStrictEqual([]);
  });

  it('[CONN-20] is too much when too many messages wait', () => {
    const rig = createRig();
    for (let i = 0; i < MAX_WAITING_MESSAGES + 1_000; i++) rig.intake.push(messageOf(PING));
    expect(rig.errors.map(({ code }) => code)).toStrictEqual(['OVER_BUDGET']);
    const { length } = rig.frames;
    rig.pass(60_000);
    expect(rig.frames.length).toBe(length);
  });

  it('[CONN-20] is too much when too many bytes wait', () => {
    const rig = createRig();
    for (let i = 0; i < 400; i++) rig.intake.push(messageOf(PING));
    const large = new Uint8Array(256 * 1024);
    for (let i = 0; i < 111; i++) rig.intake.push(large);
    expect(rig.errors).toStrictEqual([]);
    rig.intake.push(large);
    expect(rig.errors.map(({ code }) => code)).toStrictEqual(['OVER_BUDGET']);
  });

  it('[CONN-20] of a peer that does not read its answers waits until it does', () => {
    const rig = createRig();
    rig.unread = 9 * 1024 * 1024;
    rig.intake.push(messageOf(PING));
    rig.pass(60_000);
    expect([rig.frames.length, rig.heard]).toStrictEqual([0, 1]);
    rig.unread = 0;
    rig.intake.resume();
    rig.pass(1);
    expect(rig.frames).toStrictEqual([PING]);
  });

  it('[CONN-20] costs what it makes us answer', () => {
    const rig = createRig();
    rig.intake.charge(WORK_BURST + 4 * 1024 * 1024);
    rig.intake.push(messageOf(PING));
    rig.pass(990);
    expect(rig.frames).toStrictEqual([]);
    rig.pass(20);
    expect(rig.frames).toStrictEqual([PING]);
  });

  it('[CONN-21] part by part is receiving, as long as the parts come and are not too slow', () => {
    const rig = createRig();
    const part = (kind: number, bytes: number): Uint8Array => {
      const message = new Uint8Array(bytes);
      message[0] = kind;
      return message;
    };
    rig.intake.trust();
    rig.intake.push(Uint8Array.of(1, 0, 0x10, 0, 0, 0, 0, 0));
    expect(rig.intake.receiving).toBe(true);
    for (let i = 0; i < 10; i++) {
      rig.pass(9_000);
      rig.intake.push(part(2, 20_000));
      expect(rig.intake.receiving).toBe(true);
    }
    for (let i = 0; i < 20; i++) {
      rig.pass(9_000);
      rig.intake.push(part(2, 2));
    }
    expect(rig.intake.receiving).toBe(false);
    rig.intake.push(part(2, 200_000));
    expect(rig.intake.receiving).toBe(true);
    rig.pass(10_001);
    expect(rig.intake.receiving).toBe(false);
  });
});

/** Tells what happens in a plan, one line for each step, for people. */
import type { Step } from './plan.ts';
import type { Shrunk } from './shrink.ts';

export function storyOf({ plan, outcome }: Shrunk): string {
  const { seed, devices, handler, dexie, maxDelayMs, steps } = plan;
  const lines = steps.map((step, i) => `  ${String(i + 1).padStart(3)}. ${describe(step)}${pause(step)}`);
  const clocks = plan.clocks.some((offset) => offset !== 0) ? `, clocks apart by ${plan.clocks.join(', ')} ms` : '';
  return [
    `seed ${seed}: ${devices} devices, handler ${handler}, ${dexie ? 'Dexie' : 'memory'}, messages take up to ${maxDelayMs} ms${clocks}`,
    ...lines,
    ...outcome.failures.slice(0, 5).map((failure) => `  ✗ ${failure}`),
    `repeat: npm run simulate -- --seed ${seed}`,
  ].join('\n');
}

function pause({ thenMs }: Step): string {
  return thenMs === 0 ? '' : `; ${thenMs} ms pass`;
}

function describe(step: Step): string {
  switch (step.do) {
    case 'write': {
      const { edit, device, id } = step;
      const what =
        edit.kind === 'set'
          ? `sets ${edit.field} of ${id}`
          : edit.kind === 'unset'
            ? `removes ${edit.field} of ${id}`
            : `${edit.kind}s ${id}`;
      return `device ${device} ${what}`;
    }
    case 'cut':
      return `devices ${step.device} and ${step.from} are cut from each other`;
    case 'partition':
      return `devices ${step.side.join(', ')} are cut from the others`;
    case 'heal':
      return 'all links come back';
    case 'misbehave': {
      const { lose, repeat, reorder } = step.faults;
      const percent = (share: number): string => `${Math.round(share * 100)}%`;
      return `the link of devices ${step.device} and ${step.with} loses ${percent(lose)}, repeats ${percent(repeat)}, reorders ${percent(reorder)} for ${step.forMs} ms`;
    }
    case 'leave':
      return `device ${step.device} closes`;
    case 'join':
      return `device ${step.device} opens`;
    case 'crash':
      return `device ${step.device} dies ${step.mode} its ${ordinal(step.write)} write from now, for ${step.downMs} ms`;
    case 'power':
      return `device ${step.device} loses power, ${step.documents} writes of documents and ${step.journal} of the journal, for ${step.downMs} ms`;
    case 'backup':
      return `device ${step.device} is saved`;
    case 'restore':
      return `device ${step.device} is put back to what was saved last, for ${step.downMs} ms`;
    case 'copy':
      return `device ${step.device} gets the profile of device ${step.from}, for ${step.downMs} ms`;
    case 'rot':
      return `device ${step.device} restarts after ${step.downMs} ms without ${step.id} on its disk`;
    case 'clock':
      return `the clock of device ${step.device} is set ${step.offsetMs} ms off`;
    case 'stall':
      return `the disk of device ${step.device} stalls for ${step.forMs} ms`;
    case 'fail':
      return `the disk of device ${step.device} fails ${step.calls} times, ${step.taken ? 'but takes the writes' : 'taking nothing'}`;
    case 'freeze':
      return `the tab of device ${step.device} freezes for ${step.forMs} ms, and another takes over`;
    case 'purge':
      return `device ${step.device} removes its tombstones`;
  }
}

function ordinal(n: number): string {
  return n === 1 ? 'next' : n === 2 ? '2nd' : n === 3 ? '3rd' : `${n}th`;
}

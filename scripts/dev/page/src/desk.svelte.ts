/** The launcher's API: the simulated world as it changes, and what a hand at the desk may do to it. */
import type { Text } from '$app/i18n/text';
import { stream } from '$app/lib/stream';
import { words } from './words';

export interface World {
  door: number; // 0 shut to 1 wide open
  open: boolean;
  bolt: 'thrown' | 'free';
  lamp: boolean;
  buzzer: boolean;
  light: number;
  covered: boolean;
  shift: [right: number, down: number]; // the camera was bumped: pixels of 1280x720
  inside: number; // how far the next courier goes beyond the mat, -1 (right) to 1 (left)
  shade: number; // a lamp inside, 0 to 1
  power: boolean; // the camera's
  tamper: boolean;
  mains: boolean;
  network: boolean;
  keys: string[] | null;
}

export interface Program {
  name: string;
  pid: number;
  restarts: number;
  rss_kb: number;
  cpu_s: number;
}

export interface Links {
  owner: string;
  hub: string;
  mqtt: { url: string; user: string; password: string };
}

const lookEvery = 2000; // ms between two looks at the programs

class Desk {
  world = $state.raw<World | null>(null);
  up = $state(false);
  programs = $state.raw<Program[]>([]);
  links = $state.raw<Links | null>(null);
  refusal = $state.raw<Text | null>(null);

  start(): () => void {
    const s = stream('/api/world', { message: (w) => (this.world = w as World) }, (is) => (this.up = is));
    void this.#look();
    const looking = setInterval(() => void this.#look(), lookEvery);
    return () => {
      s.close();
      clearInterval(looking);
    };
  }

  async #look() {
    try {
      this.programs = await (await fetch('/api/programs')).json();
      if (this.links) return;
      const answer = await fetch('/api/links');
      if (answer.ok) this.links = await answer.json();
    } catch {
      // the stream tells when the launcher is away
    }
  }

  /** Does something to the world; the answer is the world after it, null when it was refused. */
  async act(what: string, how: object = {}): Promise<World | null> {
    this.refusal = null;
    try {
      const answer = await fetch(`/api/${what}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(how),
      });
      const said = await answer.json();
      if (answer.ok) return (this.world = said as World);
      this.refusal = (said as { error: Text }).error;
    } catch {
      this.refusal = words.away;
    }
    return null;
  }
}

export const desk = new Desk();

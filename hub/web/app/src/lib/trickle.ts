/**
 * Addresses (ICE candidates, RFC 8839) that are found after the offer and the answer went out. Nobody
 * signs them: an address is only where a connection is tried, and who answers there is shown by the
 * certificate. So they are read strictly, and say nothing but an address.
 */
import { letter } from './api';

/** How many addresses of one device are tried. */
const most = 32;
/** How often a device that still looks for addresses is asked for them, and how long apart, in ms. */
const asks = 5;
const apart = 200;

const form =
  /^candidate:([A-Za-z0-9+/]{1,32}) 1 udp (\d{1,10}) ([0-9a-f.:]{2,45}) (\d{1,5}) typ (host|srflx|prflx|relay)(?: |$)/i;

/** An address in figures, as it is to be told or tried; null for names, TCP and all else. */
export function candidate(text: string): string | null {
  const m = text.length <= 256 ? form.exec(text) : null;
  if (!m) return null;
  const [, foundation, priority, address, port, type] = m as unknown as [string, string, string, string, string, string];
  if (Number(priority) > 0xffffffff || Number(port) < 1 || Number(port) > 0xffff) return null;
  const line = `candidate:${foundation} 1 udp ${priority} ${address} ${port} typ ${type.toLowerCase()}`;
  return type.toLowerCase() === 'host' ? line : `${line} raddr 0.0.0.0 rport 0`;
}

/** Exchanges addresses with a device for one connection, from its making on. */
export class Trickle {
  #mine: string[] = []; // not told yet
  #have = 0; // of the device's
  #more = false;
  #send: ((candidates: string[], have: number) => Promise<{ candidates: string[]; more: boolean }>) | null = null;
  #busy = false;

  constructor(readonly pc: RTCPeerConnection) {
    pc.addEventListener('icecandidate', (e) => {
      const line = candidate(e.candidate?.candidate ?? '');
      if (line === null) return; // most often a name that only this network resolves
      this.#mine.push(line);
      void this.#exchange();
    });
  }

  /** What was told by an offer that goes out now need not be told again. */
  told() {
    this.#mine = [];
  }

  /** Begins once both descriptions are set. An answer that says so holds all of the device's addresses. */
  begin(device: string, nonce: string, answer: string) {
    this.#more = !/^a=end-of-candidates\s*$/m.test(answer);
    this.#send = (candidates, have) => letter(device, 'trickle', { nonce, candidates, have });
    void this.#exchange();
  }

  async #exchange() {
    if (this.#busy || !this.#send) return;
    this.#busy = true;
    try {
      for (let n = 0; n < asks && (this.#more || this.#mine.length > 0); n++) {
        if (n > 0) await new Promise((done) => setTimeout(done, apart));
        if (this.pc.connectionState === 'connected' || this.pc.connectionState === 'closed') return;
        const told = await this.#send(this.#mine.splice(0), this.#have);
        this.#more = told.more;
        for (const text of told.candidates) {
          if (++this.#have > most) return;
          const line = candidate(text);
          if (line) await this.pc.addIceCandidate({ candidate: line, sdpMLineIndex: 0 });
        }
      }
    } catch (error) {
      console.warn('addresses were not exchanged:', error);
    } finally {
      this.#busy = false;
    }
  }
}

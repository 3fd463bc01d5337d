/** Server-sent events that come back by themselves, also where a browser would give up. */

export interface Stream {
  close(): void;
}

/**
 * Opens a stream. on maps event names to what to do with their data; up tells whether the
 * stream stands, and whether it was refused. After an answer that is no stream it tries again, every 3 s.
 */
export function stream(path: string, on: Record<string, (data: unknown) => void>, up: (is: boolean, refused: boolean) => void): Stream {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    const s = new EventSource(path);
    source = s;
    s.onopen = () => up(true, false);
    s.onerror = () => {
      const refused = s.readyState === EventSource.CLOSED;
      up(false, refused);
      if (refused) again = setTimeout(open, 3000);
    };
    for (const [name, act] of Object.entries(on)) {
      s.addEventListener(name, (e) => act(JSON.parse((e as MessageEvent<string>).data)));
    }
  };
  open();
  return {
    close() {
      clearTimeout(again);
      source?.close();
    },
  };
}

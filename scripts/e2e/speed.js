// What the bench adds to a page before its own code: when things happened, by performance.now().
(() => {
  const marks = {};
  const mark = (name) => (marks[name] ??= performance.now());
  let newest;
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...all) {
      mark('connection');
      super(...all);
      this.addEventListener('track', () => (newest = this));
      this.addEventListener('iceconnectionstatechange', () => this.iceConnectionState === 'connected' && mark('path'));
      this.addEventListener('connectionstatechange', () => this.connectionState === 'connected' && mark('secure'));
    }
  };
  const fetched = window.fetch;
  window.fetch = async (what, init) => {
    const offer = typeof init?.body === 'string' && init.body.includes('a=fingerprint');
    if (offer) mark('offer');
    const answer = await fetched(what, init);
    if (offer) mark('answer');
    return answer;
  };
  const before = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (then) {
    return before.call(this, (now, about) => {
      mark('picture');
      then(now, about);
    });
  };
  addEventListener('DOMContentLoaded', () => {
    new MutationObserver(() => document.querySelector('[data-live="yes"]') && mark('live')).observe(document, {
      subtree: true,
      childList: true,
      attributeFilter: ['data-live'],
    });
  });
  addEventListener('click', () => mark('tap'), true);

  const until = (name) =>
    new Promise((done, no) => {
      const begun = performance.now();
      const look = setInterval(() => {
        if (!(name in marks) && performance.now() - begun < 20_000) return;
        clearInterval(look);
        name in marks ? done(marks) : no(new Error(`no ${name} in 20 s: ${JSON.stringify(marks)}`));
      }, 5);
    });

  /** Taps what is there to begin watching, and says what happened from then on. */
  const tap = async (selector, last) => {
    for (const name of Object.keys(marks)) delete marks[name];
    document.querySelector(selector).click();
    const all = { ...(await until(last)) };
    return Object.fromEntries(Object.entries(all).map(([name, at]) => [name, at - all.tap]));
  };

  /** Watches for so many seconds: how old each picture is by the clock that is drawn into it, in ms. */
  const ages = (seconds) =>
    new Promise((done) => {
      const video = document.querySelector('video');
      const canvas = new OffscreenCanvas(320, 64).getContext('2d', { willReadFrequently: true });
      const read = [];
      let shown = 0;
      const end = performance.now() + seconds * 1000;
      const finish = async () => {
        const all = [...(await newest.getStats()).values()].find((s) => s.type === 'inbound-rtp');
        const each = (sum) => (all[sum] / all.framesDecoded) * 1000;
        done({
          ages: read,
          fps: shown / seconds,
          size: `${video.videoWidth}x${video.videoHeight}`,
          waiting: each('jitterBufferDelay'),
          decoding: each('totalDecodeTime'),
          inside: each('totalProcessingDelay'),
        });
      };
      const look = () => {
        shown++;
        const scale = video.videoWidth / 1280;
        canvas.drawImage(video, 0, 0, 320 * scale, 64 * scale, 0, 0, 320, 64);
        const now = Date.now() % 2 ** 20;
        const pixels = canvas.getImageData(0, 0, 320, 64).data;
        let clock = 0;
        for (let bit = 0; bit < 20; bit++) {
          const [x, y] = [(bit % 10) * 32 + 16, Math.floor(bit / 10) * 32 + 16];
          if (pixels[(y * 320 + x) * 4] > 125) clock |= 1 << bit;
        }
        const age = (now - clock + 2 ** 20) % 2 ** 20;
        if (age < 10_000) read.push(age);
        if (performance.now() < end) before.call(video, look);
        else finish();
      };
      before.call(video, look);
      setTimeout(() => done({ ages: read, fps: shown / seconds, size: 'stopped' }), seconds * 1000 + 5000);
    });

  window.bench = { until, tap, ages };
})();

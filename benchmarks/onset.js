// Runs in the page before its own scripts: notes when a sound begins in the microphone's stream, what is sent, what is
// answered, and when the chart shows it. All times are performance.now()'s, in seconds.
(() => {
  const LOUD = 0.02; // of full scale; the silence between is digital
  const QUIET_S = 0.25; // after so long without a loud sample the next one is an onset
  const noted = { onsets: [], sent: [], predictions: [], shown: [] };
  window.noted = noted;

  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    listen(stream);
    return stream;
  };

  function listen(stream) {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 4096;
    context.createMediaStreamSource(stream).connect(analyser);
    context.resume();
    const heard = new Float32Array(analyser.fftSize);
    let loud_s = -1; // when the last loud sample came
    setInterval(() => {
      analyser.getFloatTimeDomainData(heard);
      const now = performance.now() / 1000;
      for (let index = 0; index < heard.length; index += 1) {
        if (Math.abs(heard[index]) < LOUD) continue;
        const at = now - (heard.length - index) / context.sampleRate;
        if (at - loud_s > QUIET_S) noted.onsets.push(at);
        if (at > loud_s) loud_s = at;
      }
    }, 8);
  }

  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const [, text] = (typeof data === "string" && /^42\/live,(\["prediction".*)$/.exec(data)) || [];
        if (!text) return;
        const [, { seq, end_s, state }] = JSON.parse(text);
        noted.predictions.push({ seq, end_s, state, at: performance.now() / 1000 });
      });
    }

    send(data) {
      if (typeof data !== "string") noted.sent.push(data);
      super.send(data);
    }
  };

  addEventListener("DOMContentLoaded", () => {
    const table = document.getElementById("values");
    new MutationObserver(() => {
      const { seq } = table.dataset;
      // Drawn with the next frame, not when its numbers change.
      requestAnimationFrame(() => noted.shown.push({ seq, at: performance.now() / 1000 }));
    }).observe(table, { attributeFilter: ["data-seq"] });
  });

  // What was sent, as base64: the recording as the server had it.
  window.recorded = async () => {
    const bytes = new Uint8Array(await new Blob(noted.sent).arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };
})();

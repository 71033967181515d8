// What is judged as a whole: an upload, or one of the sample clips. From choosing it to its judgement.

import { canRead, fault, predict } from "./predictions.js";
import { clipOf, title } from "./samples.js";

export class Clips {
  #page;
  #sending = null; // the request under way

  /**
   * @param {object} page
   * @param {{max_upload_mb: number}} page.config
   * @param {(event: {type: string}) => boolean} page.dispatch whether that changed the state
   * @param {() => boolean} page.free whether something may be judged now
   * @param {() => boolean} page.waiting whether a judgement is still waited for
   * @param {() => void} page.clear nothing of what was there before is shown any more
   * @param {() => void} page.look the recorder, where the answer appears, comes into view
   * @param {(judgement: object, about: object, file: Blob) => void} page.finish
   * @param {() => void} page.unknown the server does not know the visitor's profile
   * @param {import("./samples.js").Samples} page.samples
   * @param {import("./upload.js").Upload} page.upload
   */
  constructor(page) {
    this.#page = page;
  }

  /** @param {object} sample the API's object */
  async sample(sample) {
    const { dispatch, look, samples, waiting } = this.#page;
    if (!this.#begin()) return;
    samples.choose(sample);
    look();
    const file = await clipOf(sample);
    if (!file) {
      dispatch({ type: "failed", error: { code: "sample_gone" } });
    } else if (waiting()) {
      const about = { voice: "clip", name: title(sample.name), meant: sample.emotion };
      await this.#judge(file, sample.url.split("/").at(-1), about, { heard: (judgement) => samples.heard(sample, judgement) });
    }
  }

  /** @param {File[]} files chosen or dropped: one is what can be judged  @param {{folder?: boolean}} [about] */
  async files(files, { folder = false } = {}) {
    const { config, dispatch, free, look, upload } = this.#page;
    const [file] = files;
    const code = files.length > 1 ? "many_files" : folder ? "folder" : fault(file, config) ?? ((await canRead(file)) ? null : "unreadable");
    if (!free()) return;
    if (code) {
      dispatch({ type: "failed", error: { code, where: "file" } });
      look();
      return;
    }
    if (!this.#begin()) return;
    upload.begin(file);
    await this.#judge(file, file.name, { voice: "clip", name: file.name }, { onProgress: (share) => upload.progress(share) });
    look();
  }

  /**
   * The last result again, by the visitor's profile.
   * @param {{file: Blob, about: object, source: object}} last  @param {string} speaker
   */
  async again({ file, about, source }, speaker) {
    if (this.#begin()) await this.#judge(file, about.name, about, { speaker, source });
  }

  cancel() {
    this.#sending?.cancel();
  }

  #begin() {
    const { clear, dispatch, samples } = this.#page;
    if (!dispatch({ type: "judge" })) return false;
    samples.silence();
    samples.choose(null);
    clear();
    return true;
  }

  async #judge(file, name, about, { onProgress, speaker = null, source = file, heard = () => {} }) {
    const { dispatch, finish, unknown } = this.#page;
    try {
      this.#sending = predict(file, name, { onProgress, speaker });
      const judgement = await this.#sending.done;
      if (!dispatch({ type: "answered" })) return;
      heard(judgement);
      finish(judgement, about, source);
    } catch (error) {
      if (speaker && error.code === "bad_message") unknown();
      if (error.code !== "cancelled") dispatch({ type: "failed", error: { code: error.code ?? "unknown", where: "file" } });
    } finally {
      this.#sending = null;
    }
  }
}

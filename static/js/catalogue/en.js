// Every sentence and word of the pages, in English. Its siblings say the same in other languages, key by key.
// It says how a voice sounds, never what a person feels.

import { capital, duration, percent } from "../format.js";

export default {
  // The head of the page
  title: "How does your voice sound?",
  lead: "Press Record and speak. Five bars follow how your voice sounds, four times a second.",
  skip: "Skip to the recorder",
  nav_page: "Page",
  nav_samples: "Samples",
  nav_upload: "Upload",
  nav_about: "About",
  noscript: "Live recording needs JavaScript. A file can be uploaded without it; the answer is JSON.",

  // Controls
  record: "Record",
  record_again: "Record again",
  pause: "Pause",
  resume: "Resume",
  stop: "Stop",
  cancel: "Cancel",
  discard: "Clear",
  dismiss: "Dismiss",
  again: "Try now",
  elapsed: "Elapsed time",
  privacy: "Your voice is sent to this server, held in memory while it is judged, and never stored.",

  // Headings
  live_heading: "Recorder",
  chart_heading: "How the voice sounds",
  chart_caption: "Share of each emotion in the last three seconds",
  chart_emotion: "Emotion",
  chart_share: "Share",
  waveform_heading: "Waveform",
  mfcc_heading: "What the model sees",
  mfcc_note: "The last three seconds as 40 MFCCs: time runs right, coefficients upwards. Blue is lower than usual, orange higher.",
  strip_heading: "Over time",
  samples_heading: "Try a sample clip",
  samples_lead: "Play a clip, guess, and then let the model judge it. What was meant and what is heard may differ.",
  samples_none: "There are no sample clips on this server.",
  samples_failed: "The list of sample clips could not be loaded. Reload the page to try again.",
  samples_more: (count) => `Show all ${count} clips`,
  samples_loading: "Loading the clips…",
  upload_heading: "Upload a recording",
  upload_lead: "Drop an audio file here, or choose one.",
  upload_choose: "Choose a file",
  upload_progress: "Upload progress",
  upload_formats: "WAV, FLAC, MP3, Ogg, WebM, MP4 or M4A, up to 10 minutes.",
  about_heading: "What this is, and is not",
  about_sound: "A small neural network listens to how a voice sounds – pitch, loudness, colour, pace – and names the nearest of five acted emotions. It does not understand words, and it cannot know what anyone feels.",
  about_limits: "It learned from actors. Everyday voices, other languages and poor microphones are harder, and it is often wrong. Do not use it to judge people at work, at school, at a border or in court.",
  about_privacy: "Audio is held in memory only while it is judged. Nothing is written to disk, nothing is logged, nothing leaves this server.",

  // Emotions, and what is not one
  emotions: { neutral: "neutral", happy: "happy", sad: "sad", angry: "angry", fearful: "fearful" },
  kinds: { silence: "silence", unsure: "unsure", gap: "not judged" },

  // The state, in words
  states: {
    idle: "Ready when you are.",
    asking: "Your browser asks for the microphone. Please allow it.",
    connecting: "Connecting to the server…",
    queued: "All places are taken. You are in the queue.",
    recording: "Listening…",
    paused: "Paused. The clock stands still and nothing is sent.",
    paused_lost: "Paused, and the connection was lost. It is renewed when you resume.",
    reconnecting: "The connection was lost. Reconnecting… what you say now is not heard.",
    moving: "The server is being replaced. Going over to another one…",
    stranded: "The server does not answer. It is tried again and again, and what was heard is kept: stop to see it.",
    offline: "You are offline. What you say now is not heard; it goes on by itself as soon as you are online again, and what was heard is kept.",
    stopping: "Finishing…",
    judging: "Listening to the clip…",
    result: "Finished.",
    error: "That did not work.",
  },
  hearing: {
    speech: "Hearing speech.",
    silence: "Silence. Say something.",
    unsure: "Hearing speech, but unsure what it sounds like.",
  },
  reconnected: "Connected again: the recording goes on.",
  skipped: (count) => `The server is busy: ${count === 1 ? "1 moment was" : `${count} moments were`} skipped.`,

  // In the queue: why, by the server's code, and when it goes on
  queue: {
    busy: "All places are taken. You are in the queue.",
    address: "There are too many recordings from your address. You are in the queue.",
    rate_limited: "There are too many requests from your address. You are in the queue.",
    draining: "The server is being replaced. You are in the queue for another one.",
    server_gone: "The server does not answer at the moment. You keep your turn.",
    lost: "The connection was lost, and all places are taken. You are in the queue; what was heard is kept.",
    again: (seconds) => `Trying again in ${seconds} s. Nothing is sent meanwhile.`,
    trying: "Trying now…",
  },

  // Sharing
  share_switch: "Share live view",
  share_note: "Makes a link. Who has it sees the bars and the timeline, and hears nothing.",
  share_url: "Link to the live view",
  share_copy: "Copy",
  share_send: "Send…",
  share_stop: "Stop sharing",
  share: {
    title: "How my voice sounds, live",
    asking: "Making the link…",
    on: "Who has this link sees the bars and the timeline, and hears nothing. It ends with this recording.",
    ended: "The connection was lost, and the link ended with it. Switch it on again for a new one.",
    failed: "No link could be made. Try again in a moment.",
    watchers: (count) => (count ? `${count} watching` : "Nobody watching yet"),
    copied: "Copied",
    copy_yourself: "Your browser does not copy by itself: the link is selected, copy it by hand.",
  },

  // The watching page
  watch_title: "How a voice sounds, live",
  watch_lead: "Somebody shares how their voice sounds. You see the bars and the timeline; you hear nothing.",
  watch_skip: "Skip to the view",
  watch_own: "Try your own voice",
  watch_heading: "Live view",
  watch_minute: "The last minute",
  watch_again: "Look again",
  watch_noscript: "Watching needs JavaScript.",
  watch: {
    connecting: "Connecting…",
    live: "You see it as it is heard.",
    paused: "The recording is paused. It goes on by itself.",
    interrupted: "The view is interrupted. It goes on by itself.",
    ended: "The recording is over, or is no longer shared.",
    reasons: { "stopped sharing": "The speaker has stopped sharing.", disconnected: "The recording is over, or its connection was lost." },
    missing: "There is no such view. The link may have ended, or be incomplete; ask for a new one.",
    full: "As many people watch as there may. You are in the queue.",
    again: (seconds) => `Trying again in ${seconds} s.`,
    headline: {
      waiting: "Waiting for the voice",
      emotion: (emotion) => `The voice sounds ${emotion}`,
      ended: "The view has ended",
      missing: "Nothing to see here",
      full: "Every seat is taken",
    },
    badge: { connecting: "Connecting", live: "Live", paused: "Paused", interrupted: "Interrupted", ended: "Ended", missing: "Not found", full: "Full" },
  },

  // The headline above the chart
  headline: {
    idle: "Nothing heard yet",
    listening: "Listening…",
    queued: "Waiting for a place",
    reconnecting: "One moment…",
    stranded: "Waiting for the server",
    silence: "Silence",
    unsure: "Not sure",
    emotion: (emotion) => `Your voice sounds ${emotion}`,
    judging: "One moment…",
  },

  // The result
  result: {
    yours: (emotion, share) => sounds("Your voice sounded", emotion, share),
    clip: (emotion, share) => sounds("This voice sounds", emotion, share),
    silent: "No speech was heard.",
    unsure: "It sounds like none of the five clearly.",
    next: (emotion, share) => `Next nearest: ${emotion}, ${percent(share)}.`,
    meant: (emotion) => `The speaker meant it to sound ${emotion}.`,
    from: (name, seconds) => `${name} · ${duration(seconds)}`,
    recording: "Your recording",
    gaps: (count) => `The connection was interrupted ${count === 1 ? "once" : `${count} times`}; what was said meanwhile is missing, and all parts are judged together.`,
    part: (kind, from, to) => `${capital(kind)} from ${duration(from)} to ${duration(to)}`,
    total: (kind, seconds) => `${kind} ${duration(seconds)}`,
  },

  // Sample clips
  sample: {
    meant: (emotion) => `Meant: ${emotion}`,
    unlabelled: "Not labelled",
    heard: (emotion, share) => `Heard: ${emotion}, ${percent(share)}`,
    heard_none: "Heard: no speech",
    synthetic: "Synthetic voice",
    recorded: "Recorded voice",
    play: "Play",
    playing: "Stop",
    predict: "Judge",
    play_label: (name) => `Play ${name}`,
    predict_label: (name) => `Judge ${name}`,
  },

  // Upload
  upload: {
    sending: (name, share) => `Sending ${name}: ${percent(share)}`,
    judging: (name) => `Judging ${name}…`,
  },

  // What went wrong, and what to do: each is a sentence or two. Codes of the server and of the browser alike.
  errors: {
    no_microphone: "No microphone was found. Plug one in and press Record again, or try a sample clip below.",
    refused: "The microphone was refused. Allow it for this page by the icon beside the address, then press Record again.",
    microphone_busy: "The microphone could not be opened; another program may be using it. Close that program and press Record again.",
    microphone_gone: "The microphone was unplugged or its permission withdrawn, so the recording has ended here.",
    insecure: "Browsers lend the microphone only to pages opened by https:// or from localhost. Open this page in one of these ways; uploads and sample clips work here all the same.",
    unsupported: "This browser cannot record sound. Use a current Firefox, Chrome, Edge or Safari, or upload a file instead.",
    server_gone: "The server does not answer. Check that it is running and that you are online, then try again.",
    offline: "You are offline. Connect to the network again; then press Record or choose the file once more.",
    busy: "The server is listening to as many people as it can. Wait a moment, then press Record again.",
    internal: "The server stumbled over this. Please try again.",
    rate_limited: "Too many requests from your address. Wait a moment, then try again.",
    draining: "The server is about to restart. The recording goes on by itself after a short gap.",
    draining_start: "The server is about to restart. Press Record again in a moment.",
    idle: "Nothing was sent for a long while, so the server ended the recording here. Press Record to begin another.",
    too_fast: "The recording arrived faster than it can be spoken, so it was stopped. Press Record to begin again.",
    too_long: "The longest recording has been reached, so it has ended here. Press Record to begin another.",
    skipped: "The server is busy: moments were skipped.",
    undecodable: "This recording cannot be read; it may be damaged or not be audio. Try another file or another format.",
    undecodable_live: "The server could not read your browser's recording. Press Record to try again; if it happens again, try another browser.",
    unsupported_media: "This kind of file is not understood. Choose a WAV, FLAC, MP3, Ogg, WebM, MP4 or M4A file.",
    no_file: "No file arrived. Choose a file and try again.",
    empty: "This file holds no sound. Choose another one.",
    too_large: (limit) => `This file is too large. Choose one of at most ${limit.max_upload_mb} MB.`,
    too_long_file: (limit) => `This recording is too long. Choose one of at most ${Math.round(limit.max_clip_s / 60)} minutes.`,
    many_files: "One file at a time, please.",
    sample_gone: "This sample clip could not be loaded. Reload the page, or try another one.",
    unknown: "Something went wrong. Try again; if it happens again, reload the page.",
  },

  // Listening to a result, and keeping it
  player_heading: "Listen to it",
  player_play: "Play",
  player_seek: "Position",
  player_zoom: "Zoom",
  player_turns: "What was said, to listen to again",
  player_save: "Save the result",
  player_png: "Picture (PNG)",
  player_csv: "Table (CSV)",
  player_json: "Data (JSON)",
  player: {
    time: (at, whole) => `${at} of ${whole}`,
    cannot: "Your browser cannot play this recording. The result holds all the same.",
    part_kept: "The recording was too long to be kept whole: only its beginning can be played.",
    poster_note: "Judged by how the voice sounds. What a person feels cannot be heard this way.",
    left: (time) => `About ${time} left.`,
    took: (time) => `${time} so far.`,
  },

  // The world around the page
  presence: {
    title: (title) => `● Recording – ${title}`,
    slept: (time) => `The page was asleep for ${time}: what was said meanwhile is missing. The recording goes on.`,
    allowed: "The microphone is allowed now. Press Record.",
    online: "You are online again. Press Record.",
  },
};

// How sure a sentence may sound: below 0.45 the nearest emotion is little more than a guess.
function sounds(voice, emotion, share) {
  if (share >= 0.7) return `${voice} ${emotion}: ${percent(share)}.`;
  if (share >= 0.45) return `${voice} mostly ${emotion}: ${percent(share)}.`;
  return `${voice} nearest to ${emotion}, but not clearly: ${percent(share)}.`;
}

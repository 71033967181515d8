// Every sentence and word of the pages, in German; key by key what ./en.js says.

import { capital, duration, percent } from "../format.js";

export default {
  // The head of the page
  title: "Wie klingt Ihre Stimme?",
  lead: "Drücken Sie auf Aufnehmen und sprechen Sie. Fünf Balken folgen dem Klang Ihrer Stimme, viermal in der Sekunde.",
  skip: "Zur Aufnahme springen",
  nav_page: "Seite",
  nav_samples: "Beispiele",
  nav_upload: "Hochladen",
  nav_about: "Über",
  noscript: "Zum Aufnehmen ist JavaScript nötig. Eine Datei lässt sich auch ohne hochladen; die Antwort ist JSON.",

  // Controls
  record: "Aufnehmen",
  record_again: "Neu aufnehmen",
  pause: "Pause",
  resume: "Weiter",
  stop: "Stopp",
  cancel: "Abbrechen",
  discard: "Verwerfen",
  dismiss: "Schließen",
  again: "Jetzt versuchen",
  elapsed: "Vergangene Zeit",
  privacy: "Ihre Stimme geht an diesen Server, bleibt nur für die Beurteilung im Arbeitsspeicher und wird nie gespeichert.",

  // Headings
  live_heading: "Aufnahme",
  chart_heading: "Wie die Stimme klingt",
  chart_caption: "Anteil jeder Emotion in den letzten drei Sekunden",
  chart_emotion: "Emotion",
  chart_share: "Anteil",
  waveform_heading: "Wellenform",
  mfcc_heading: "Was das Modell sieht",
  mfcc_note: "Die letzten drei Sekunden als 40 MFCCs: die Zeit läuft nach rechts, die Koeffizienten nach oben. Blau ist niedriger als sonst, Orange höher.",
  strip_heading: "Im Verlauf",
  samples_heading: "Ein Beispiel ausprobieren",
  samples_lead: "Hören Sie eine Aufnahme, raten Sie, und lassen Sie dann das Modell urteilen. Gemeintes und Gehörtes können sich unterscheiden.",
  samples_none: "Auf diesem Server gibt es keine Beispiele.",
  samples_failed: "Die Liste der Beispiele ließ sich nicht laden. Laden Sie die Seite neu, um es noch einmal zu versuchen.",
  samples_more: (count) => `Alle ${count} Beispiele zeigen`,
  samples_loading: "Die Beispiele werden geladen…",
  upload_heading: "Eine Aufnahme hochladen",
  upload_lead: "Legen Sie eine Audiodatei hier ab, oder wählen Sie eine aus.",
  upload_choose: "Datei auswählen",
  upload_progress: "Fortschritt des Hochladens",
  upload_formats: "WAV, FLAC, MP3, Ogg, WebM, MP4 oder M4A, bis zu 10 Minuten.",
  about_heading: "Was das ist, und was nicht",
  about_sound: "Ein kleines neuronales Netz hört, wie eine Stimme klingt – Höhe, Lautstärke, Färbung, Tempo – und nennt die nächste von fünf gespielten Emotionen. Es versteht keine Wörter, und es kann nicht wissen, was jemand fühlt.",
  about_limits: "Es hat von Schauspielern gelernt. Alltägliche Stimmen, andere Sprachen und schlechte Mikrofone sind schwerer, und es irrt sich oft. Beurteilen Sie damit niemanden bei der Arbeit, in der Schule, an einer Grenze oder vor Gericht.",
  about_privacy: "Ton bleibt nur so lange im Arbeitsspeicher, wie er beurteilt wird. Nichts wird auf Platte geschrieben, nichts protokolliert, nichts verlässt diesen Server.",

  // Emotions, and what is not one
  emotions: { neutral: "neutral", happy: "fröhlich", sad: "traurig", angry: "wütend", fearful: "ängstlich" },
  kinds: { silence: "Stille", unsure: "unsicher", gap: "nicht beurteilt" },

  // The state, in words
  states: {
    idle: "Bereit, wenn Sie es sind.",
    asking: "Ihr Browser fragt nach dem Mikrofon. Bitte erlauben Sie es.",
    connecting: "Verbindung zum Server…",
    queued: "Alle Plätze sind belegt. Sie sind in der Warteschlange.",
    recording: "Hört zu…",
    paused: "Pause. Die Uhr steht, und nichts wird gesendet.",
    paused_lost: "Pause, und die Verbindung ist abgerissen. Sie wird erneuert, wenn Sie weitermachen.",
    reconnecting: "Die Verbindung ist abgerissen. Sie wird erneuert… was Sie jetzt sagen, wird nicht gehört.",
    moving: "Der Server wird ersetzt. Es geht zu einem anderen…",
    stranded: "Der Server antwortet nicht. Es wird weiter versucht, und das Gehörte bleibt: mit Stopp sehen Sie es.",
    offline: "Sie sind offline. Was Sie jetzt sagen, wird nicht gehört; es geht von selbst weiter, sobald Sie wieder online sind, und das Gehörte bleibt erhalten.",
    stopping: "Wird abgeschlossen…",
    judging: "Hört die Aufnahme an…",
    result: "Fertig.",
    error: "Das hat nicht geklappt.",
  },
  hearing: {
    speech: "Hört Sprache.",
    silence: "Stille. Sagen Sie etwas.",
    unsure: "Hört Sprache, ist aber unsicher, wie sie klingt.",
  },
  reconnected: "Wieder verbunden: die Aufnahme geht weiter.",
  skipped: (count) => `Der Server ist ausgelastet: ${count === 1 ? "1 Moment wurde" : `${count} Momente wurden`} ausgelassen.`,

  // In the queue: why, by the server's code, and when it goes on
  queue: {
    busy: "Alle Plätze sind belegt. Sie sind in der Warteschlange.",
    address: "Von Ihrer Adresse kommen zu viele Aufnahmen. Sie sind in der Warteschlange.",
    rate_limited: "Von Ihrer Adresse kommen zu viele Anfragen. Sie sind in der Warteschlange.",
    draining: "Der Server wird ersetzt. Sie sind in der Warteschlange eines anderen.",
    server_gone: "Der Server antwortet gerade nicht. Sie behalten Ihren Platz in der Reihe.",
    lost: "Die Verbindung ist abgerissen, und alle Plätze sind belegt. Sie sind in der Warteschlange; das Gehörte bleibt.",
    again: (seconds) => `Neuer Versuch in ${seconds} s. Bis dahin wird nichts gesendet.`,
    trying: "Neuer Versuch…",
  },

  // Sharing
  share_switch: "Live-Ansicht teilen",
  share_note: "Erzeugt einen Link. Wer ihn hat, sieht die Balken und den Verlauf, und hört nichts.",
  share_url: "Link zur Live-Ansicht",
  share_copy: "Kopieren",
  share_send: "Senden…",
  share_stop: "Nicht mehr teilen",
  share: {
    title: "Wie meine Stimme klingt, live",
    asking: "Der Link wird erzeugt…",
    on: "Wer diesen Link hat, sieht die Balken und den Verlauf, und hört nichts. Er endet mit dieser Aufnahme.",
    ended: "Die Verbindung ist abgerissen, und der Link mit ihr. Schalten Sie ihn wieder ein, um einen neuen zu bekommen.",
    failed: "Es ließ sich kein Link erzeugen. Versuchen Sie es gleich noch einmal.",
    watchers: (count) => (count ? `${count} ${count === 1 ? "sieht" : "sehen"} zu` : "Noch sieht niemand zu"),
    copied: "Kopiert",
    copy_yourself: "Ihr Browser kopiert nicht von selbst: der Link ist markiert, kopieren Sie ihn von Hand.",
  },

  // The watching page
  watch_title: "Wie eine Stimme klingt, live",
  watch_lead: "Jemand teilt, wie die eigene Stimme klingt. Sie sehen die Balken und den Verlauf; Sie hören nichts.",
  watch_skip: "Zur Ansicht springen",
  watch_own: "Die eigene Stimme ausprobieren",
  watch_heading: "Live-Ansicht",
  watch_minute: "Die letzte Minute",
  watch_again: "Noch einmal nachsehen",
  watch_noscript: "Zum Zusehen ist JavaScript nötig.",
  watch: {
    connecting: "Verbindung…",
    live: "Sie sehen es, wie es gehört wird.",
    paused: "Die Aufnahme hat Pause. Sie geht von selbst weiter.",
    interrupted: "Die Ansicht ist unterbrochen. Sie geht von selbst weiter.",
    ended: "Die Aufnahme ist zu Ende, oder wird nicht mehr geteilt.",
    reasons: {
      "stopped sharing": "Die Person teilt ihre Aufnahme nicht mehr.",
      disconnected: "Die Aufnahme ist zu Ende, oder ihre Verbindung ist abgerissen.",
    },
    missing: "Diese Ansicht gibt es nicht. Vielleicht ist der Link abgelaufen oder unvollständig; bitten Sie um einen neuen.",
    full: "Es sehen so viele zu, wie es dürfen. Sie sind in der Warteschlange.",
    again: (seconds) => `Neuer Versuch in ${seconds} s.`,
    headline: {
      waiting: "Warten auf die Stimme",
      emotion: (emotion) => `Die Stimme klingt ${emotion}`,
      ended: "Die Ansicht ist zu Ende",
      missing: "Hier gibt es nichts zu sehen",
      full: "Alle Plätze sind belegt",
    },
    badge: { connecting: "Verbindet", live: "Live", paused: "Pause", interrupted: "Unterbrochen", ended: "Zu Ende", missing: "Nicht gefunden", full: "Voll" },
  },

  // The headline above the chart
  headline: {
    idle: "Noch nichts gehört",
    listening: "Hört zu…",
    queued: "Warten auf einen Platz",
    reconnecting: "Einen Moment…",
    stranded: "Warten auf den Server",
    silence: "Stille",
    unsure: "Nicht sicher",
    emotion: (emotion) => `Ihre Stimme klingt ${emotion}`,
    judging: "Einen Moment…",
  },

  // The result
  result: {
    yours: (emotion, share) => sounds("Ihre Stimme klang", emotion, share),
    clip: (emotion, share) => sounds("Diese Stimme klingt", emotion, share),
    silent: "Es war keine Sprache zu hören.",
    unsure: "Sie klingt nach keiner der fünf deutlich.",
    next: (emotion, share) => `Am nächsten danach: ${emotion}, ${percent(share)}.`,
    meant: (emotion) => `Gemeint war: ${emotion}.`,
    from: (name, seconds) => `${name} · ${duration(seconds)}`,
    recording: "Ihre Aufnahme",
    gaps: (count) => `Die Verbindung war ${count === 1 ? "einmal" : `${count}-mal`} unterbrochen; was inzwischen gesagt wurde, fehlt, und alle Teile werden zusammen beurteilt.`,
    part: (kind, from, to) => `${capital(kind)} von ${duration(from)} bis ${duration(to)}`,
    total: (kind, seconds) => `${kind} ${duration(seconds)}`,
  },

  // Sample clips
  sample: {
    meant: (emotion) => `Gemeint: ${emotion}`,
    unlabelled: "Ohne Angabe",
    heard: (emotion, share) => `Gehört: ${emotion}, ${percent(share)}`,
    heard_none: "Gehört: keine Sprache",
    synthetic: "Synthetische Stimme",
    recorded: "Aufgenommene Stimme",
    play: "Abspielen",
    playing: "Anhalten",
    predict: "Beurteilen",
    play_label: (name) => `${name} abspielen`,
    predict_label: (name) => `${name} beurteilen`,
  },

  // Upload
  upload: {
    sending: (name, share) => `${name} wird gesendet: ${percent(share)}`,
    judging: (name) => `${name} wird beurteilt…`,
  },

  // What went wrong, and what to do: each is a sentence or two. Codes of the server and of the browser alike.
  errors: {
    no_microphone: "Es wurde kein Mikrofon gefunden. Schließen Sie eines an und drücken Sie wieder auf Aufnehmen, oder nehmen Sie ein Beispiel weiter unten.",
    refused: "Das Mikrofon wurde verweigert. Erlauben Sie es dieser Seite über das Zeichen neben der Adresse und drücken Sie wieder auf Aufnehmen.",
    microphone_busy: "Das Mikrofon ließ sich nicht öffnen; vielleicht benutzt es ein anderes Programm. Schließen Sie dieses und drücken Sie wieder auf Aufnehmen.",
    microphone_gone: "Das Mikrofon wurde abgezogen oder seine Erlaubnis entzogen, deshalb endet die Aufnahme hier.",
    insecure: "Browser geben das Mikrofon nur Seiten, die mit https:// oder von localhost geöffnet wurden. Öffnen Sie diese Seite so; Hochladen und Beispiele gehen hier trotzdem.",
    unsupported: "Dieser Browser kann keinen Ton aufnehmen. Nehmen Sie ein aktuelles Firefox, Chrome, Edge oder Safari, oder laden Sie stattdessen eine Datei hoch.",
    server_gone: "Der Server antwortet nicht. Prüfen Sie, ob er läuft und ob Sie online sind, und versuchen Sie es noch einmal.",
    offline: "Sie sind offline. Stellen Sie die Verbindung zum Netz wieder her; drücken Sie dann auf Aufnehmen, oder wählen Sie die Datei noch einmal.",
    busy: "Der Server hört schon so vielen zu, wie er kann. Warten Sie einen Moment und drücken Sie wieder auf Aufnehmen.",
    internal: "Der Server ist darüber gestolpert. Bitte versuchen Sie es noch einmal.",
    rate_limited: "Von Ihrer Adresse kommen zu viele Anfragen. Warten Sie einen Moment und versuchen Sie es noch einmal.",
    draining: "Der Server startet gleich neu. Die Aufnahme geht nach einer kurzen Lücke von selbst weiter.",
    draining_start: "Der Server startet gleich neu. Drücken Sie in einem Moment wieder auf Aufnehmen.",
    idle: "Lange kam nichts mehr an, deshalb hat der Server die Aufnahme hier beendet. Drücken Sie auf Aufnehmen, um eine neue zu beginnen.",
    too_fast: "Die Aufnahme kam schneller an, als man sprechen kann, und wurde angehalten. Drücken Sie auf Aufnehmen, um neu zu beginnen.",
    too_long: "Die längste Aufnahme ist erreicht, deshalb endet sie hier. Drücken Sie auf Aufnehmen, um eine neue zu beginnen.",
    skipped: "Der Server ist ausgelastet: Momente wurden ausgelassen.",
    undecodable: "Diese Aufnahme lässt sich nicht lesen; sie ist vielleicht beschädigt oder kein Ton. Versuchen Sie eine andere Datei oder ein anderes Format.",
    undecodable_live: "Der Server konnte die Aufnahme Ihres Browsers nicht lesen. Drücken Sie noch einmal auf Aufnehmen; geschieht es wieder, nehmen Sie einen anderen Browser.",
    unsupported_media: "Diese Art von Datei wird nicht verstanden. Wählen Sie eine Datei in WAV, FLAC, MP3, Ogg, WebM, MP4 oder M4A.",
    no_file: "Es kam keine Datei an. Wählen Sie eine Datei und versuchen Sie es noch einmal.",
    empty: "Diese Datei enthält keinen Ton. Wählen Sie eine andere.",
    too_large: (limit) => `Diese Datei ist zu groß. Wählen Sie eine mit höchstens ${limit.max_upload_mb} MB.`,
    too_long_file: (limit) => `Diese Aufnahme ist zu lang. Wählen Sie eine von höchstens ${Math.round(limit.max_clip_s / 60)} Minuten.`,
    many_files: "Bitte eine Datei auf einmal.",
    sample_gone: "Dieses Beispiel ließ sich nicht laden. Laden Sie die Seite neu, oder nehmen Sie ein anderes.",
    unknown: "Etwas ist schiefgegangen. Versuchen Sie es noch einmal; geschieht es wieder, laden Sie die Seite neu.",
  },

  // Listening to a result, and keeping it
  player_heading: "Anhören",
  player_play: "Abspielen",
  player_seek: "Stelle",
  player_zoom: "Zoom",
  player_turns: "Was gesagt wurde, zum Wiederhören",
  player_save: "Ergebnis speichern",
  player_png: "Bild (PNG)",
  player_csv: "Tabelle (CSV)",
  player_json: "Daten (JSON)",
  player: {
    time: (at, whole) => `${at} von ${whole}`,
    cannot: "Ihr Browser kann diese Aufnahme nicht abspielen. Das Ergebnis gilt trotzdem.",
    part_kept: "Die Aufnahme war zu lang, um ganz behalten zu werden: Nur ihr Anfang lässt sich abspielen.",
    poster_note: "Beurteilt wird, wie die Stimme klingt. Was ein Mensch fühlt, ist so nicht zu hören.",
    left: (time) => `Noch etwa ${time}.`,
    took: (time) => `Bisher ${time}.`,
  },

  // The world around the page
  presence: {
    title: (title) => `● Aufnahme – ${title}`,
    slept: (time) => `Die Seite hat ${time} geschlafen: Was in dieser Zeit gesagt wurde, fehlt. Die Aufnahme geht weiter.`,
    allowed: "Das Mikrofon ist jetzt erlaubt. Drücken Sie auf Aufnehmen.",
    online: "Sie sind wieder online. Drücken Sie auf Aufnehmen.",
  },
};

// How sure a sentence may sound: below 0.45 the nearest emotion is little more than a guess.
function sounds(voice, emotion, share) {
  if (share >= 0.7) return `${voice} ${emotion}: ${percent(share)}.`;
  if (share >= 0.45) return `${voice} meist ${emotion}: ${percent(share)}.`;
  return `${voice} am ehesten ${emotion}, aber nicht deutlich: ${percent(share)}.`;
}

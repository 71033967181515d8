// Every sentence and word of the pages, in Spanish; key by key what ./en.js says.

import { capital, duration, percent } from "../format.js";

export default {
  // The head of the page
  title: "¿Cómo suena su voz?",
  lead: "Pulse Grabar y hable. Cinco barras siguen cómo suena su voz, cuatro veces por segundo.",
  skip: "Ir a la grabadora",
  nav_page: "Página",
  nav_samples: "Ejemplos",
  nav_upload: "Subir",
  nav_about: "Acerca de",
  noscript: "Para grabar en directo hace falta JavaScript. Sin él se puede subir un archivo; la respuesta es JSON.",

  // Controls
  record: "Grabar",
  record_again: "Grabar otra vez",
  pause: "Pausa",
  resume: "Seguir",
  stop: "Parar",
  cancel: "Cancelar",
  discard: "Descartar",
  dismiss: "Cerrar",
  again: "Probar ahora",
  elapsed: "Tiempo transcurrido",
  privacy: "Su voz se envía a este servidor, está en su memoria mientras se analiza y nunca se guarda.",

  // Headings
  live_heading: "Grabadora",
  chart_heading: "Cómo suena la voz",
  chart_caption: "Parte de cada emoción en los últimos tres segundos",
  chart_emotion: "Emoción",
  chart_share: "Parte",
  waveform_heading: "Forma de onda",
  mfcc_heading: "Lo que ve el modelo",
  mfcc_note: "Los últimos tres segundos como 40 MFCC: el tiempo corre hacia la derecha, los coeficientes hacia arriba. El azul es más bajo de lo habitual, el naranja más alto.",
  strip_heading: "A lo largo del tiempo",
  samples_heading: "Pruebe un ejemplo",
  samples_lead: "Escuche una grabación, adivine y deje luego que el modelo la analice. Lo que se quiso expresar y lo que se oye pueden diferir.",
  samples_none: "En este servidor no hay ejemplos.",
  samples_failed: "No se pudo cargar la lista de ejemplos. Vuelva a cargar la página para intentarlo de nuevo.",
  samples_more: (count) => `Mostrar los ${count} ejemplos`,
  samples_loading: "Cargando los ejemplos…",
  upload_heading: "Suba una grabación",
  upload_lead: "Suelte aquí un archivo de audio o elija uno.",
  upload_choose: "Elegir un archivo",
  upload_progress: "Progreso del envío",
  upload_formats: "WAV, FLAC, MP3, Ogg, WebM, MP4 o M4A, hasta 10 minutos.",
  about_heading: "Qué es esto, y qué no",
  about_sound: "Una pequeña red neuronal escucha cómo suena una voz – altura, volumen, timbre, ritmo – y nombra la más cercana de cinco emociones actuadas. No entiende palabras y no puede saber lo que siente nadie.",
  about_limits: "Ha aprendido de actores. Las voces de cada día, otros idiomas y los malos micrófonos son más difíciles, y se equivoca a menudo. No la use para juzgar a nadie en el trabajo, en la escuela, en una frontera o ante un tribunal.",
  about_privacy: "El audio está en la memoria solo mientras se analiza. Nada se escribe en el disco, nada se registra, nada sale de este servidor.",

  // Emotions, and what is not one
  emotions: { neutral: "neutra", happy: "alegre", sad: "triste", angry: "enfadada", fearful: "asustada" },
  kinds: { silence: "silencio", unsure: "sin certeza", gap: "sin analizar" },

  // The state, in words
  states: {
    idle: "Cuando usted quiera.",
    asking: "Su navegador pide el micrófono. Permítalo, por favor.",
    connecting: "Conectando con el servidor…",
    queued: "Todas las plazas están ocupadas. Está en la cola.",
    recording: "Escuchando…",
    paused: "En pausa. El reloj está parado y no se envía nada.",
    paused_lost: "En pausa, y se ha perdido la conexión. Se renueva cuando siga.",
    reconnecting: "Se ha perdido la conexión. Volviendo a conectar… lo que diga ahora no se oye.",
    moving: "El servidor se está sustituyendo. Pasando a otro…",
    stranded: "El servidor no responde. Se sigue intentando y lo oído se conserva: pulse Parar para verlo.",
    offline: "No tiene conexión. Lo que diga ahora no se oye; la grabación sigue sola en cuanto vuelva la conexión, y lo ya oído se conserva.",
    stopping: "Terminando…",
    judging: "Escuchando la grabación…",
    result: "Terminado.",
    error: "Eso no ha funcionado.",
  },
  hearing: {
    speech: "Se oye una voz.",
    silence: "Silencio. Diga algo.",
    unsure: "Se oye una voz, pero no está claro cómo suena.",
  },
  reconnected: "Conectado de nuevo: la grabación sigue.",
  skipped: (count) => `El servidor está ocupado: ${count === 1 ? "se ha saltado 1 momento" : `se han saltado ${count} momentos`}.`,

  // In the queue: why, by the server's code, and when it goes on
  queue: {
    busy: "Todas las plazas están ocupadas. Está en la cola.",
    address: "Hay demasiadas grabaciones desde su dirección. Está en la cola.",
    rate_limited: "Hay demasiadas peticiones desde su dirección. Está en la cola.",
    draining: "El servidor se está sustituyendo. Está en la cola de otro.",
    server_gone: "El servidor no responde en este momento. Conserva su turno.",
    lost: "Se ha perdido la conexión y todas las plazas están ocupadas. Está en la cola; lo oído se conserva.",
    again: (seconds) => `Nuevo intento en ${seconds} s. Mientras tanto no se envía nada.`,
    trying: "Intentando ahora…",
  },

  // Sharing
  share_switch: "Compartir en directo",
  share_note: "Crea un enlace. Quien lo tenga ve las barras y la línea de tiempo, y no oye nada.",
  share_url: "Enlace a la vista en directo",
  share_copy: "Copiar",
  share_send: "Enviar…",
  share_stop: "Dejar de compartir",
  share: {
    title: "Cómo suena mi voz, en directo",
    asking: "Creando el enlace…",
    on: "Quien tenga este enlace ve las barras y la línea de tiempo, y no oye nada. Termina con esta grabación.",
    ended: "Se ha perdido la conexión, y con ella el enlace. Actívelo otra vez para tener uno nuevo.",
    failed: "No se pudo crear ningún enlace. Inténtelo de nuevo en un momento.",
    watchers: (count) => (count ? `${count} ${count === 1 ? "persona mira" : "personas miran"}` : "Todavía no mira nadie"),
    copied: "Copiado",
    copy_yourself: "Su navegador no copia por sí solo: el enlace está seleccionado, cópielo a mano.",
  },

  // The watching page
  watch_title: "Cómo suena una voz, en directo",
  watch_lead: "Alguien comparte cómo suena su voz. Usted ve las barras y la línea de tiempo; no oye nada.",
  watch_skip: "Ir a la vista",
  watch_own: "Probar con su voz",
  watch_heading: "Vista en directo",
  watch_minute: "El último minuto",
  watch_again: "Mirar otra vez",
  watch_noscript: "Para mirar hace falta JavaScript.",
  watch: {
    connecting: "Conectando…",
    live: "Lo ve tal como se oye.",
    paused: "La grabación está en pausa. Sigue por sí sola.",
    interrupted: "La vista está interrumpida. Sigue por sí sola.",
    ended: "La grabación ha terminado, o ya no se comparte.",
    reasons: {
      "stopped sharing": "Esta voz ya no se comparte.",
      disconnected: "La grabación ha terminado, o se ha perdido su conexión.",
    },
    missing: "Esta vista no existe. Quizá el enlace haya terminado o esté incompleto; pida uno nuevo.",
    full: "Mira tanta gente como se permite. Está en la cola.",
    again: (seconds) => `Nuevo intento en ${seconds} s.`,
    headline: {
      waiting: "Esperando la voz",
      emotion: (emotion) => `La voz suena ${emotion}`,
      ended: "La vista ha terminado",
      missing: "Aquí no hay nada que ver",
      full: "Todas las plazas están ocupadas",
    },
    badge: { connecting: "Conectando", live: "En directo", paused: "En pausa", interrupted: "Interrumpida", ended: "Terminada", missing: "No encontrada", full: "Completa" },
  },

  // The headline above the chart
  headline: {
    idle: "Todavía no se ha oído nada",
    listening: "Escuchando…",
    queued: "Esperando una plaza",
    reconnecting: "Un momento…",
    stranded: "Esperando al servidor",
    silence: "Silencio",
    unsure: "Sin certeza",
    emotion: (emotion) => `Su voz suena ${emotion}`,
    judging: "Un momento…",
  },

  // The result
  result: {
    yours: (emotion, share) => sounds("Su voz sonaba", emotion, share),
    clip: (emotion, share) => sounds("Esta voz suena", emotion, share),
    silent: "No se ha oído ninguna voz.",
    unsure: "No suena claramente a ninguna de las cinco.",
    next: (emotion, share) => `La siguiente más cercana: ${emotion}, ${percent(share)}.`,
    meant: (emotion) => `Quería sonar ${emotion}.`,
    from: (name, seconds) => `${name} · ${duration(seconds)}`,
    recording: "Su grabación",
    gaps: (count) => `La conexión se interrumpió ${count === 1 ? "una vez" : `${count} veces`}; lo que se dijo entretanto falta, y todas las partes se analizan juntas.`,
    part: (kind, from, to) => `${capital(kind)} de ${duration(from)} a ${duration(to)}`,
    total: (kind, seconds) => `${kind} ${duration(seconds)}`,
  },

  // Sample clips
  sample: {
    meant: (emotion) => `Quería sonar: ${emotion}`,
    unlabelled: "Sin indicación",
    heard: (emotion, share) => `Se oye: ${emotion}, ${percent(share)}`,
    heard_none: "Se oye: ninguna voz",
    synthetic: "Voz sintética",
    recorded: "Voz grabada",
    play: "Escuchar",
    playing: "Parar",
    predict: "Analizar",
    play_label: (name) => `Escuchar ${name}`,
    predict_label: (name) => `Analizar ${name}`,
  },

  // Upload
  upload: {
    sending: (name, share) => `Enviando ${name}: ${percent(share)}`,
    judging: (name) => `Analizando ${name}…`,
  },

  // What went wrong, and what to do: each is a sentence or two. Codes of the server and of the browser alike.
  errors: {
    no_microphone: "No se ha encontrado ningún micrófono. Conecte uno y pulse Grabar otra vez, o pruebe un ejemplo más abajo.",
    refused: "Se ha rechazado el micrófono. Permítalo para esta página con el icono junto a la dirección y pulse Grabar otra vez.",
    microphone_busy: "No se pudo abrir el micrófono; quizá lo use otro programa. Ciérrelo y pulse Grabar otra vez.",
    microphone_gone: "Se ha desconectado el micrófono o se ha retirado su permiso, así que la grabación termina aquí.",
    insecure: "Los navegadores solo prestan el micrófono a páginas abiertas con https:// o desde localhost. Abra esta página así; subir archivos y los ejemplos funcionan aquí igualmente.",
    unsupported: "Este navegador no puede grabar sonido. Use un Firefox, Chrome, Edge o Safari actual, o suba un archivo.",
    server_gone: "El servidor no responde. Compruebe que está en marcha y que usted tiene conexión, e inténtelo de nuevo.",
    offline: "No tiene conexión. Conéctese de nuevo a la red; después pulse Grabar o elija otra vez el archivo.",
    busy: "El servidor escucha a tanta gente como puede. Espere un momento y pulse Grabar otra vez.",
    internal: "El servidor ha tropezado con esto. Inténtelo de nuevo, por favor.",
    rate_limited: "Hay demasiadas peticiones desde su dirección. Espere un momento e inténtelo de nuevo.",
    draining: "El servidor va a reiniciarse. La grabación sigue por sí sola tras una breve pausa.",
    draining_start: "El servidor va a reiniciarse. Pulse Grabar otra vez en un momento.",
    idle: "No llegó nada durante mucho tiempo, así que el servidor ha terminado la grabación aquí. Pulse Grabar para empezar otra.",
    too_fast: "La grabación llegó más deprisa de lo que se puede hablar y se ha parado. Pulse Grabar para empezar de nuevo.",
    too_long: "Se ha alcanzado la grabación más larga, así que termina aquí. Pulse Grabar para empezar otra.",
    skipped: "El servidor está ocupado: se han saltado momentos.",
    undecodable: "Esta grabación no se puede leer; quizá esté dañada o no sea audio. Pruebe otro archivo u otro formato.",
    undecodable_live: "El servidor no ha podido leer la grabación de su navegador. Pulse Grabar otra vez; si vuelve a ocurrir, pruebe otro navegador.",
    unsupported_media: "Este tipo de archivo no se entiende. Elija un archivo WAV, FLAC, MP3, Ogg, WebM, MP4 o M4A.",
    no_file: "No ha llegado ningún archivo. Elija uno e inténtelo de nuevo.",
    empty: "Este archivo no contiene sonido. Elija otro.",
    too_large: (limit) => `Este archivo es demasiado grande. Elija uno de ${limit.max_upload_mb} MB como máximo.`,
    too_long_file: (limit) => `Esta grabación es demasiado larga. Elija una de ${Math.round(limit.max_clip_s / 60)} minutos como máximo.`,
    many_files: "Un archivo cada vez, por favor.",
    sample_gone: "No se pudo cargar este ejemplo. Vuelva a cargar la página o pruebe otro.",
    unknown: "Algo ha ido mal. Inténtelo de nuevo; si vuelve a ocurrir, vuelva a cargar la página.",
  },

  // Listening to a result, and keeping it
  player_heading: "Escuchar",
  player_play: "Reproducir",
  player_seek: "Posición",
  player_zoom: "Zoom",
  player_turns: "Lo que se dijo, para volver a escucharlo",
  player_save: "Guardar el resultado",
  player_png: "Imagen (PNG)",
  player_csv: "Tabla (CSV)",
  player_json: "Datos (JSON)",
  player: {
    time: (at, whole) => `${at} de ${whole}`,
    cannot: "Su navegador no puede reproducir esta grabación. El resultado es válido de todos modos.",
    part_kept: "La grabación era demasiado larga para conservarla entera: solo se puede reproducir el principio.",
    poster_note: "Se juzga cómo suena la voz. Lo que siente una persona no se puede oír así.",
    left: (time) => `Quedan unos ${time}.`,
    took: (time) => `${time} hasta ahora.`,
  },

  // The world around the page
  presence: {
    title: (title) => `● Grabando – ${title}`,
    slept: (time) => `La página estuvo dormida ${time}: falta lo que se dijo entretanto. La grabación sigue.`,
    allowed: "El micrófono ya está permitido. Pulse Grabar.",
    online: "Ya tiene conexión. Pulse Grabar.",
  },
};

// How sure a sentence may sound: below 0.45 the nearest emotion is little more than a guess.
function sounds(voice, emotion, share) {
  if (share >= 0.7) return `${voice} ${emotion}: ${percent(share)}.`;
  if (share >= 0.45) return `${voice} sobre todo ${emotion}: ${percent(share)}.`;
  return `${voice} más bien ${emotion}, pero no claramente: ${percent(share)}.`;
}

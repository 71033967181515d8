"""The HTTP API described for programs: OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.enrolment import LONGEST_S, MOST_CLIPS
from webapp.protocol import MAX_SPEAKER_LENGTH
from webapp.settings import Settings

Json = dict[str, Any]


def description(labels: Sequence[str], settings: Settings, *, server: str = "/") -> Json:
    """Return the document behind /api/v1/openapi.json.

    Parameters
    ----------
    labels : sequence of str
    settings : Settings
    server : str
        The path under which the application is published, such as `/emotion`.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Speech emotion recognition",
            "version": "1",
            "description": "How a voice sounds: neutral, happy, sad, angry or fearful. "
            "The live stream is Socket.IO, namespace /live. There a recording of about ten seconds "
            "of ordinary speech that starts with calibrate: true is acknowledged, when it stops, "
            "with speaker, speech_s and suffices as well. That speaker, a text, may be given to a "
            "later start or upload: the voice is then judged against itself from the first word. "
            "So may the speaker that POST /api/v1/speakers makes from labelled clips. A start with "
            "calibrate: true refuses such a taught speaker. "
            "The event share of /live is acknowledged with a view, a token that cannot be guessed; "
            "who sends it as watch {view} in the namespace /watch is acknowledged with the latest "
            "predictions, and then gets prediction, state {recording, interrupted} and ended "
            "{reason}, until unshare or until the speaker's connection ends.",
        },
        "servers": [{"url": server}],
        "paths": {
            "/api/v1/predictions": {"post": _predictions(settings)},
            "/api/v1/speakers": {"post": _speakers(labels, settings)},
            "/api/v1/samples": {
                "get": {
                    "summary": "List the sample clips",
                    "responses": {
                        "200": _content("The clips.", {"type": "array", "items": _ref("Sample")})
                    },
                }
            },
            "/api/v1/model": {
                "get": {
                    "summary": "Tell what the model learnt from and how often it is right",
                    "responses": {"200": _content("From its own report.", _ref("Model"))},
                }
            },
        },
        "components": {"schemas": _schemas(labels)},
    }


def _predictions(settings: Settings) -> Json:
    refusals = {
        "400": "no_file: the form has no file. "
        "bad_message: the speaker is no profile of this model.",
        "413": f"too_large: the file has more than {settings.max_upload_mb} MB, or a field or the "
        "number of parts of the form exceeds its limit; the message names which.",
        "415": "unsupported_media: not a format that is known.",
        "422": "undecodable (nothing in it can be decoded), empty, or too_long: more than "
        f"{settings.max_clip_s:g} seconds.",
        "429": "busy or rate_limited: see Retry-After.",
    }
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "speaker": _profile()
            | {
                "description": "The profile of the voice, from POST /api/v1/speakers or from a "
                "live recording with calibrate: true. The server does not keep it.",
            },
        },
    }
    return {
        "summary": "Judge a recording, or the sound of a video",
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": {"200": _content("How it sounds.", _ref("Prediction"))}
        | {status: _content(why, _ref("Error")) for status, why in refusals.items()},
    }


def _speakers(labels: Sequence[str], settings: Settings) -> Json:
    refusals = {
        "400": "no_file: the form has no file. bad_message: the field of a file is no emotion.",
        "413": f"too_large: the request has more than {settings.max_upload_mb} MB, or a field or "
        "the number of parts of the form exceeds its limit; the message names which.",
        "415": "unsupported_media: a file is not of a format that is known.",
        "422": "The clip that emotion and clip name cannot be used: undecodable, empty, too_short, "
        f"no_voice, same_clip (sent twice), or too_long: more than {LONGEST_S:g} seconds, or more "
        f"than {settings.max_clip_s:g} with the clips before it. "
        f"too_many: there are more than {MOST_CLIPS} clips.",
        "429": "busy or rate_limited: see Retry-After.",
        "501": "unsupported: the model of this server cannot be taught.",
    }
    clips = _list({"type": "string", "format": "binary"})
    form = {
        "type": "object",
        "minProperties": 1,
        "properties": {
            label: clips | {"description": f"Clips in which the speaker sounds {label}."}
            for label in labels
        },
    }
    return {
        "summary": "Teach a voice: make a profile from labelled clips of one speaker",
        "description": "The speaker of the answer is accepted by POST /api/v1/predictions and by "
        "start on /live. The server keeps neither the clips nor the profile, so a client that "
        "adds a clip sends all clips again.",
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": {"200": _content("The profile and a check of the clips.", _ref("Speaker"))}
        | {status: _content(why, _ref("Error")) for status, why in refusals.items()},
    }


def _profile() -> Json:
    return {"type": "string", "maxLength": MAX_SPEAKER_LENGTH, "pattern": "^[A-Za-z0-9_-]*$"}


def _schemas(labels: Sequence[str]) -> Json:
    number = {"type": "number"}
    text = {"type": "string"}
    emotion = {"type": ["string", "null"], "enum": [*labels, None]}
    probabilities = _object(
        {label: {"type": "number", "minimum": 0, "maximum": 1} for label in labels}
    )
    window = _object(
        {
            "start_s": number,
            "end_s": number,
            "state": {"type": "string", "enum": ["speech", "silence", "unsure"]},
            "emotion": emotion,
            "probabilities": _ref("Probabilities"),
            "other_sound": {
                "type": "boolean",
                "description": "true: the state is silence because the sound is no voice",
            },
        }
    )
    return {
        "Probabilities": probabilities,
        "Window": window,
        "Prediction": _object(
            {
                "file": text,
                "duration_s": number,
                "emotion": emotion | {"description": "null where there is no speech"},
                "probabilities": _ref("Probabilities"),
                "timeline": {"type": "array", "items": _ref("Window")},
                "model": _object({"name": text, "version": text}),
                "warnings": _list(_ref("Warning"))
                | {"description": "Parts of the file that were left out or replaced by silence."},
            }
        ),
        "Warning": _object(
            {
                "code": text
                | {
                    "description": "damaged: a damaged part was left out. trailing: bytes behind "
                    "the sound were left out. truncated: the file ends within its sound. joined: "
                    "a second recording follows and was judged too. gap: the timestamps jump and "
                    "silence fills the gap. other_track: the first track has no readable sound."
                },
                "message": text,
                "at_s": {"type": ["number", "null"], "description": "position in the sound"},
            }
        ),
        "Sample": _object(
            {
                "name": text,
                "emotion": {"type": ["string", "null"]},
                "url": text,
                "duration_s": {"type": ["number", "null"]},
                "source": {"type": ["string", "null"]},
                "licence": {"type": ["string", "null"]},
                "synthetic": {"type": "boolean"},
            },
            # where the collection's catalogue tells
            voice=text,
            text=text | {"description": "what is said"},
            acted={"type": "boolean"},
        ),
        "Speaker": _speaker(labels),
        **_about(labels),
        "Error": _object(
            {
                "error": _object(
                    {"code": text, "message": text},
                    # where a clip cannot be taught
                    emotion=text | {"enum": list(labels)},
                    clip=_position(),
                )
            }
        ),
    }


def _speaker(labels: Sequence[str]) -> Json:
    count, label = {"type": "integer", "minimum": 0}, {"type": "string", "enum": list(labels)}
    check = _object({"clips": count, "untaught": count, "taught": count}) | {
        "description": "Of the clips whose emotion has at least two, the number that is judged "
        "right without the profile, and with a profile of the other clips alone."
    }
    return _object(
        {
            "speaker": _profile() | {"description": "the profile"},
            "clips": {
                "type": "object",
                "propertyNames": {"enum": list(labels)},
                "additionalProperties": count,
                "description": "number of clips of each emotion",
            },
            "check": _maybe(check)
            | {"description": "null: fewer than two emotions have at least two clips"},
            "separates": {
                "type": "boolean",
                "description": "false: the clips do not separate the emotions, so the profile "
                "adapts to the mean of the voice only",
            },
            "doubts": _list(
                _object({"emotion": label, "clip": _position(), "resembles": label})
                | {"description": "The other clips suggest another emotion for this clip."}
            ),
        }
    )


def _position() -> Json:
    return {
        "type": "integer",
        "minimum": 0,
        "description": "position among the clips of the emotion",
    }


def _about(labels: Sequence[str]) -> Json:
    number, share = {"type": "number"}, {"type": "number", "minimum": 0, "maximum": 1}
    count, text = {"type": "integer"}, {"type": "string"}
    maybe_text = {"type": ["string", "null"]}
    maybe_share = share | {"type": ["number", "null"]}
    uar = share | {"description": "mean share heard as meant, each emotion counting alike"}
    row = {"type": "array", "items": count}
    split = _object(
        {"folds": count, "uar": uar, "clips": count, "corpora": _list(_ref("CorpusFigures"))}
    )
    return {
        "Model": _object(
            {
                "name": text,
                "version": text,
                "licence": text,
                "labels": {"type": "array", "items": text, "const": list(labels)},
                "prior": {
                    "type": ["object", "null"],
                    "additionalProperties": number,
                    "description": "added to the logit of each label, as most speech is ordinary",
                },
                "report": _maybe(_ref("Report")),
            }
        ),
        "Report": _object(
            {
                "chance": share,
                "corpora": _list(_ref("Corpus")),
                "splits": _object({"speakers": split, "corpora": split})
                | {"description": "speakers never heard, and whole corpora never heard"},
                "ordinary": _maybe(_ordinary()),
                "sessions": _maybe(
                    _object(
                        {"clips": count, "corpora": count}
                        | dict.fromkeys(("nothing", "neutral", "same", "mixed", "all"), maybe_share)
                    )
                    | {
                        "description": "uar of clips after earlier speech of the speaker: nothing, "
                        "ten seconds of neutral speech, clips of the clip's own emotion, random "
                        "clips, or all other clips"
                    }
                ),
                "teaching": _maybe(
                    _object(
                        {"clips": count, "corpora": count}
                        | {
                            "lessons": _list(
                                _object({"clips": count, "known": share, "taught": share})
                            )
                        }
                    )
                    | {
                        "description": "uar of the speaker's other clips when so many clips of "
                        "each emotion are known without labels, and when they are taught"
                    }
                ),
                "people": _maybe(
                    _object(
                        {"women": share, "men": share, "largest_gap": share}
                        | {"speakers": {"type": ["integer", "null"]}}
                        | dict.fromkeys(("worst", "median", "gini"), maybe_share)
                    )
                    | {"description": "uar of women, of men and of single speakers never heard"}
                ),
                "disturbances": _list(_object({"name": text, "unchanged": share})),
                "sounds_refused": maybe_share,
                "sounds": _maybe(
                    _list(_object({"name": text, "refused": share, "false": maybe_share}))
                    | {
                        "description": "by kind: share of windows refused, share of recordings "
                        "with an emotion other than neutral"
                    }
                ),
                "aims": _object({"count": count, "reached": count}),
            }
        ),
        "Corpus": _object(
            {
                "corpus": text,
                "name": text,
                "title": maybe_text,
                "home": maybe_text,
                "language": maybe_text,
                "licence": maybe_text,
                "clips": count,
                "speakers": count,
                "hours": number,
                "heard": {"type": "boolean", "description": "false: judged only"},
            }
        ),
        "CorpusFigures": _object(
            {
                "corpus": text,
                "clips": count,
                "uar": uar,
                "uar_sd": maybe_share,
                "uar_known_voice": share,
                "women": maybe_share,
                "men": maybe_share,
                "confusion": _list(row)
                | {"description": "clips; a row for what was meant, a column for what was heard"},
            }
        ),
    }


def _ordinary() -> Json:
    count, share = {"type": "integer"}, {"type": "number", "minimum": 0, "maximum": 1}
    alarms = {
        "people": count,
        "false": share | {"description": "share of windows that show an emotion but neutral"},
        "neutral": share,
        "anybody_first_10_s": share | {"description": "share of people who see a false emotion"},
        "changes_a_minute": {"type": "number"},
    }
    shares = ("before_false", "after_false", "before_neutral", "after_neutral")
    by = {"type": "string", "enum": ["kind", "sex", "pitch"]}
    return _object(
        alarms
        | {
            "acted_neutral": _maybe(share),
            "groups": _list(_object({"by": by, "name": {"type": "string"}} | alarms)),
            "calibration": _maybe(_object({"people": count} | dict.fromkeys(shares, share))),
        }
    ) | {"description": "people who speak in an ordinary voice"}


def _maybe(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _object(properties: Json, **optional: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties | optional}


def _content(why: str, schema: Json) -> Json:
    return {"description": why, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}

"""Files that are no recording but tell a decoder where one is: in other files of this machine, or at an address.

``canary.wav`` lies beside every one of them, and ``PORT`` stands for a loopback port that somebody listens at.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.errors import ExitCode
from tests.hostile import sound
from tests.hostile.case import TRANSCRIBE, Case

CANARY = "canary.wav"
PORT = "MINUTES_TEST_PORT"  # in the texts below; the environment variable of the same name holds the number
_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n"
_DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT5S">'
    '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1000"><BaseURL>{}</BaseURL>'
    "<SegmentBase/></Representation></AdaptationSet></Period></MPD>"
)
_HTTP = f"http://127.0.0.1:{PORT}/x.ts"
TEXTS = {
    "concat.ffconcat": f"ffconcat version 1.0\nfile {CANARY}\n",
    "concat.wav": f"ffconcat version 1.0\nfile {CANARY}\n",
    "concat-http.wav": f"ffconcat version 1.0\nfile {_HTTP}\n",
    "concat-absolute.wav": "ffconcat version 1.0\nfile /etc/passwd\n",
    "local.m3u8": _HLS.format(CANARY),
    "remote.m3u8": _HLS.format(_HTTP),
    "concat-in-hls.m3u8": _HLS.format(f"concat:{CANARY}|{CANARY}"),
    "key.m3u8": _HLS.format(CANARY).replace("#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{_HTTP}"\n#EXTINF'),
    "hls.wav": _HLS.format(_HTTP),
    "hls.mp3": _HLS.format(f"file:{CANARY}"),
    "list.m3u": f"{CANARY}\n{_HTTP}\n",
    "list.pls": f"[playlist]\nFile1={_HTTP}\nFile2={CANARY}\nNumberOfEntries=2\n",
    "list.xspf": f"<playlist><trackList><track><location>{_HTTP}</location></track></trackList></playlist>",
    "list.asx": f'<asx version="3.0"><entry><ref href="{_HTTP}"/></entry></asx>',
    "list.wvx": f"[Reference]\nRef1={_HTTP}\n",
    "list.smil": f'<smil><body><audio src="{_HTTP}"/></body></smil>',
    "list.ram": f"rtsp://127.0.0.1:{PORT}/x\n",
    "local.mpd": _DASH.format(CANARY),
    "remote.mpd": _DASH.format(_HTTP),
    "remote.mp4": _DASH.format(_HTTP),
    "session.sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {PORT} RTP/AVP 0\n",
    "session.wav": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {PORT} RTP/AVP 0\n",
    "sheet.cue": f'FILE "{CANARY}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "sheet.wav": f'FILE "{CANARY}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n',
    "script.avs": f'WavSource("{CANARY}")\n',
    "graph.lavfi": f"amovie={CANARY}\n",
    "shortcut.url": f"[InternetShortcut]\nURL={_HTTP}\n",
    "entities.mpd": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{CANARY}">]><MPD>&e;</MPD>',
}
NAMES = (  # of whole, good recordings: a decoder that is given a name takes each of these for an instruction
    f"concat:{CANARY}|{CANARY}.wav",
    f"file:{CANARY}",
    f"subfile,,start,0,end,100,,:{CANARY}",
    f"cache:{CANARY}",
    f"async:{CANARY}",
    f"crypto:{CANARY}",
    "data:audio,x.wav",
    "pipe:0",
    "fd:0",
    f"udp:127.0.0.1:{PORT}",
    "image%03d.wav",
    "*.wav",
    "[ab].wav",
    "-",
)


def cases() -> tuple[Case, ...]:
    return (
        *(
            Case(f"playlist: {name}", TRANSCRIBE, _with_canary(name, text.encode()), ExitCode.RECORDING, "として読めません")
            for name, text in TEXTS.items()
        ),
        *(Case(f"name: {name}", TRANSCRIBE, _with_canary(name, sound.encoded("wav")), ExitCode.NO_SPEECH) for name in NAMES),
    )


def _with_canary(name: str, content: bytes) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        import os

        port = os.environ.get(PORT, "9")
        (folder / CANARY).write_bytes(sound.encoded("wav"))
        file = folder / name.replace(PORT, port)
        file.write_bytes(content.replace(PORT.encode(), port.encode()))
        return ["--", file.name]

    return make
